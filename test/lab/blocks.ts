import { createHash } from 'node:crypto';

/** Bytes that are written at once. */
export const BLOCK = 4096;
const CHECKSUM = 65;

/** Whose block it is. */
export interface Written {
  readonly writer: string;
  /** Grows with each block that a writer writes. */
  readonly sequence: number;
}

/** What is at a place of a volume. `torn`: something, but not a whole block of that place. */
export type Found = Written | 'nothing' | 'torn';

/** A block that says who wrote it, as the how-many-th and where, all of it under a checksum. */
export function blockOf({ writer, sequence }: Written, place: number): Buffer {
  const line = `writer=${writer} sequence=${sequence} place=${place}\n`;
  const text = line.repeat(Math.ceil(BLOCK / line.length)).slice(0, BLOCK - CHECKSUM);
  return Buffer.from(`${text}${createHash('sha256').update(text).digest('hex')}\n`, 'latin1');
}

/** Whose block is at that place. A block that belongs elsewhere, or is not whole, is torn. */
export function readBlock(bytes: Buffer, place: number): Found {
  if (bytes.every((byte) => byte === 0)) return 'nothing';
  const [, writer = '', sequence = ''] =
    /^writer=(\w+) sequence=(\d+) place=/.exec(bytes.toString('latin1')) ?? [];
  const written = { writer, sequence: Number(sequence) };
  return bytes.equals(blockOf(written, place)) ? written : 'torn';
}

/** Every place of a volume, in order. */
export function readBlocks(content: Buffer): readonly Found[] {
  return Array.from({ length: content.length / BLOCK }, (_, place) =>
    readBlock(content.subarray(place * BLOCK, (place + 1) * BLOCK), place),
  );
}
