import { createHash, randomUUID } from 'node:crypto';
import { constants, fstatSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { makeDirectory, syncDirectory } from '../state/file/directories.ts';
import { systemCode } from '../state/file/faults.ts';
import { giveToOwner } from '../state/file/owner.ts';
import type { AuditEntry, AuditFacts } from './entry.ts';
import { parseEntry } from './entry-schema.ts';
import { logPath, rotate } from './log-files.ts';

/** `prev` of the first line. */
export const NO_LINE = '0'.repeat(64);

/** How many bytes from a file's end are looked at first for the last line. */
const TAIL_BYTES = 16 * 1024;

/** The end of the chain, to which the next line is joined. */
interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
  /** Whether the last line lacks its line feed: a writer was cut off. */
  readonly open: boolean;
}

/** What stands in the log for a line. */
export function lineHash(line: Buffer): string {
  return createHash('sha256').update(line).digest('hex');
}

/**
 * Appends entries, one at least; on return all of them are on disk. To be called under the log's lock. A line
 * that a crash cut off is kept as it is, ended, and counted as a line: the entry's `prev` is its hash like any
 * other line's.
 * @throws system errors; then nothing was appended, or the log was left as after a crash.
 */
export async function appendEntries(
  directory: string,
  facts: readonly AuditFacts[],
  limits: { maxBytes: number; keep: number },
): Promise<AuditEntry[]> {
  makeDirectory(directory);
  let file = await openPrivate(logPath(directory));
  try {
    let size = fstatSync(file.fd).size;
    const end = (await chainEnd(file, size)) ?? (await previousFileEnd(directory)) ?? START;
    const { entries, text } = chained(facts, end);
    if (size > 0 && size + Buffer.byteLength(text) > limits.maxBytes) {
      if (end.open) await appendDurably(file, size, '\n');
      await file.close();
      rotate(directory, limits.keep);
      file = await openPrivate(logPath(directory));
      size = 0;
      await appendDurably(file, size, text);
    } else {
      await appendDurably(file, size, end.open ? `\n${text}` : text);
    }
    // The file's name, and the names after a rotation.
    if (size === 0) syncDirectory(directory);
    return entries;
  } finally {
    await file.close();
  }
}

/** The lines that follow the chain's end, each joined to the one before it. */
function chained(facts: readonly AuditFacts[], end: ChainEnd): { entries: AuditEntry[]; text: string } {
  let { seq, hash } = end;
  const lines: string[] = [];
  const entries = facts.map((each): AuditEntry => {
    seq += 1;
    const time = new Date().toISOString();
    const entry: AuditEntry = { v: 1, seq, time, id: randomUUID(), ...known(each), prev: hash };
    const line = JSON.stringify(entry);
    hash = lineHash(Buffer.from(line));
    lines.push(`${line}\n`);
    return entry;
  });
  return { entries, text: lines.join('') };
}

const START: ChainEnd = { seq: 0, hash: NO_LINE, open: false };

/** The fields in their order, and no others. */
function known(facts: AuditFacts): AuditFacts {
  const { event, result, exitCode, reason, volume, node, rds, who, host, pid, command } = facts;
  const { operatorReason, token, durationMs, changes, message } = facts;
  return {
    ...{ event, result, exitCode, reason, volume, node, rds },
    who: { user: who.user, uid: who.uid, sudoUser: who.sudoUser, sshOrigin: who.sshOrigin },
    ...{ host, pid, command, operatorReason, token, durationMs: Math.round(durationMs) },
    changes: changes.map(({ at, what }) => ({ at, what })),
    message,
  };
}

/** A link in its place is not followed: the state's owner may not be who writes. */
async function openPrivate(path: string): Promise<FileHandle> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const stat: Stats = await file.stat();
    if (stat.size === 0 && (stat.mode & 0o777) !== 0o600) await file.chmod(0o600);
    if (stat.uid === 0) giveToOwner(path, file.fd);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function appendDurably(file: FileHandle, size: number, text: string): Promise<void> {
  try {
    let left = Buffer.from(text);
    while (left.length > 0) {
      const { bytesWritten } = await file.write(left);
      left = left.subarray(bytesWritten);
    }
    await file.sync();
  } catch (error) {
    // Half a line is of no use; should this fail too, the next writer ends it.
    await file.truncate(size).catch(() => undefined);
    throw error;
  }
}

async function previousFileEnd(directory: string): Promise<ChainEnd | null> {
  for (const number of [1, 2]) {
    let file: FileHandle;
    try {
      file = await open(logPath(directory, number), 'r');
    } catch (error) {
      // A crash in a rotation can leave the newest of the older files at 2.
      if (systemCode(error) === 'ENOENT') continue;
      throw error;
    }
    try {
      const end = await chainEnd(file, (await file.stat()).size);
      if (end !== null) return { ...end, open: false };
    } finally {
      await file.close();
    }
  }
  return null;
}

/** The chain's end as a file shows it; null when the file is empty. */
async function chainEnd(file: FileHandle, size: number): Promise<ChainEnd | null> {
  if (size === 0) return null;
  for (let length = TAIL_BYTES; ; length *= 8) {
    const from = Math.max(0, size - length);
    const tail = await readTail(file, from, size);
    const open = tail.at(-1) !== 0x0a;
    const lines = linesBackwards(open ? tail : tail.subarray(0, -1));
    const [last] = lines;
    // Without a line that is an entry, count from the file's beginning.
    const entries = lines.slice(0, from === 0 ? lines.length : -1).map(parseEntry);
    const found = entries.findIndex((entry) => entry !== null);
    if (last === undefined) return null;
    const complete = found >= 0 || from === 0;
    if (!complete) continue;
    const seq = found >= 0 ? (entries[found]?.seq ?? 0) + found : lines.length;
    return { seq, hash: lineHash(last), open };
  }
}

async function readTail(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

/** The lines, the last one first. */
function linesBackwards(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let end = bytes.length;
  for (;;) {
    const feed = end === 0 ? -1 : bytes.lastIndexOf(0x0a, end - 1);
    lines.push(bytes.subarray(feed + 1, end));
    if (feed < 0) return lines;
    end = feed;
  }
}
