import type { FileHandle } from 'node:fs/promises';
import type { AuditEntry } from './entry.ts';
import { parseEntry } from './entry-schema.ts';
import { openLogFiles } from './log-files.ts';

/** How many bytes of a file are read at once, from its end. */
const CHUNK_BYTES = 256 * 1024;

/**
 * The log's entries, the newest first. Reads no more of the files than is asked for; a line that was cut off, or
 * is being written, is passed over. All files are opened first, so that a rotation meanwhile hides none.
 */
export async function* readNewestFirst(directory: string, keep: number): AsyncGenerator<AuditEntry> {
  const opened = await openLogFiles(directory, keep);
  try {
    for (const { file } of opened)
      for await (const line of linesFromEnd(file)) {
        const entry = parseEntry(line);
        if (entry !== null) yield entry;
      }
  } finally {
    for (const { file } of opened) await file.close();
  }
}

/** A file's lines without their line feeds, the last one first. */
async function* linesFromEnd(file: FileHandle): AsyncGenerator<Buffer> {
  let from = (await file.stat()).size;
  /** The beginning of what was read, whose line may begin further ahead; a list, so that a huge line is joined once. */
  let rest: Buffer[] = [];
  while (from > 0) {
    const length = Math.min(CHUNK_BYTES, from);
    from -= length;
    const chunk = await readExactly(file, from, length);
    let end = chunk.length;
    for (;;) {
      const feed = end === 0 ? -1 : chunk.lastIndexOf(0x0a, end - 1);
      if (feed < 0) break;
      const line = Buffer.concat([chunk.subarray(feed + 1, end), ...rest]);
      rest = [];
      end = feed;
      if (line.length > 0) yield line;
    }
    rest = [chunk.subarray(0, end), ...rest];
  }
  const first = Buffer.concat(rest);
  if (first.length > 0) yield first;
}

async function readExactly(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, from + at);
    // Shorter than it was: a writer took back what it could not write whole.
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
