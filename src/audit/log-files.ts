import { existsSync, renameSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../state/file/faults.ts';

/** The file that is written to; the older ones are `audit.jsonl.1`, the newest of them, and so on. */
export function logPath(directory: string, number = 0): string {
  return join(directory, number === 0 ? 'audit.jsonl' : `audit.jsonl.${number}`);
}

/** A file of the log and its lines, without their line feeds. */
export interface LogFile {
  readonly path: string;
  readonly lines: readonly Buffer[];
  /** Whether the last line lacks its line feed: it was cut off, or is being written. */
  readonly open: boolean;
}

/**
 * Moves each file up by one, as far as the first gap, which a crash in an earlier rotation may have left; the
 * oldest falls off the end.
 */
export function rotate(directory: string, keep: number): void {
  let gap = 1;
  while (gap < keep && existsSync(logPath(directory, gap))) gap += 1;
  for (let number = gap; number >= 1; number -= 1) {
    renameSync(logPath(directory, number - 1), logPath(directory, number));
  }
}

/** A file of the log that is open. */
interface OpenLogFile {
  readonly path: string;
  readonly file: FileHandle;
}

/**
 * Opens the log's files, the newest first: the order in which a rotation meanwhile makes none of them missing.
 * Whoever calls closes them.
 */
export async function openLogFiles(directory: string, keep: number): Promise<OpenLogFile[]> {
  const opened: OpenLogFile[] = [];
  try {
    const seen = new Set<number>();
    for (let number = 0; number <= keep; number += 1) {
      const path = logPath(directory, number);
      const file = await openOrNull(path);
      if (file === null) continue;
      const { ino } = await file.stat();
      if (seen.has(ino)) await file.close();
      else opened.push({ path, file });
      seen.add(ino);
    }
    return opened;
  } catch (error) {
    for (const { file } of opened) await file.close();
    throw error;
  }
}

/** The log's files, oldest first, read one at a time. */
export async function* readLogFiles(directory: string, keep: number): AsyncGenerator<LogFile> {
  const opened = await openLogFiles(directory, keep);
  try {
    for (const { path, file } of opened.toReversed()) yield split(path, await file.readFile());
  } finally {
    for (const { file } of opened) await file.close();
  }
}

/** Cuts a file's bytes into lines. */
function split(path: string, bytes: Buffer): LogFile {
  const lines: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) break;
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  const open = at < bytes.length;
  if (open) lines.push(bytes.subarray(at));
  return { path, lines, open };
}

async function openOrNull(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
