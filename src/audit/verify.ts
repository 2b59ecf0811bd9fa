import { lineHash, NO_LINE } from './append.ts';
import type { AuditEntry } from './entry.ts';
import { parseEntry } from './entry-schema.ts';
import { readLogFiles } from './log-files.ts';

/**
 * Something that is not as it was written.
 * - `chain`: the line before it was changed, or lines between them were removed or put in
 * - `sequence`: its number doesn't follow
 * - `garbled`: a line that is no entry, and that no later line vouches for
 */
export interface AuditProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: 'chain' | 'sequence' | 'garbled';
  readonly what: string;
}

export interface AuditVerdict {
  /** Whether every line is as it was written. Lines cut off by a crash don't count against it. */
  readonly whole: boolean;
  readonly entries: number;
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  /** Lines that a crash cut off; each is vouched for by the line after it, or is the last one. */
  readonly torn: number;
  readonly problems: readonly AuditProblem[];
}

/**
 * Walks the whole chain, across rotations. What it can't see: whole lines that were cut off at the newest end,
 * and the oldest files, which rotation drops. Somebody who may write the log can also write a new chain: copy
 * its last hash elsewhere to notice that.
 */
export async function verifyLog(
  directory: string,
  keep: number,
  onEntry: (entry: AuditEntry) => void = () => undefined,
): Promise<AuditVerdict> {
  const problems: AuditProblem[] = [];
  let entries = 0;
  let torn = 0;
  let firstSeq: number | null = null;
  let lastSeq: number | null = null;
  let before: { hash: string; torn: { file: string; line: number } | null } | null = null;
  let seq: number | null = null;
  for await (const { path: file, lines } of readLogFiles(directory, keep)) {
    for (const [index, bytes] of lines.entries()) {
      const line = index + 1;
      const problem = (kind: AuditProblem['kind'], what: string): void => {
        problems.push({ file, line, kind, what });
      };
      const entry = parseEntry(bytes);
      if (seq !== null) seq += 1;
      if (entry === null) {
        torn += 1;
        if (before?.torn) problems.push(garbled(before.torn));
        before = { hash: lineHash(bytes), torn: { file, line } };
        continue;
      }
      entries += 1;
      onEntry(entry);
      const expected: string | null = before?.hash ?? (entry.seq === 1 ? NO_LINE : null);
      if (expected !== null && entry.prev !== expected) {
        problem('chain', `entry ${entry.seq} does not follow from the line before it`);
        if (before?.torn) problems.push(garbled(before.torn));
      }
      if (seq !== null && entry.seq !== seq)
        problem('sequence', `entry ${entry.seq} stands where ${seq} belongs`);
      seq = entry.seq;
      firstSeq ??= entry.seq;
      lastSeq = entry.seq;
      before = { hash: lineHash(bytes), torn: null };
    }
  }
  return { whole: problems.length === 0, entries, firstSeq, lastSeq, torn, problems };
}

function garbled(at: { file: string; line: number }): AuditProblem {
  return { ...at, kind: 'garbled', what: 'the line is no entry, and nothing vouches for it' };
}
