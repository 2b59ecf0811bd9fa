import { EXIT_CODES, type ErrorCode } from '../../errors/exit-codes.ts';
import type { Explanation } from '../../errors/explanations/explanation.ts';
import { EXPLANATIONS } from '../../errors/explanations/explanations.ts';
import { REASONS, type Reason } from '../../errors/reasons.ts';

/** Everything that is known of a reason. */
export interface Explained extends Explanation {
  readonly reason: Reason;
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly about: string;
  /** Where the documents have it. */
  readonly doc: string;
}

/** Every reason, in the order of its exit code. */
export function catalogue(): readonly Explained[] {
  return (Object.keys(REASONS) as Reason[])
    .map((reason) => ({
      reason,
      code: REASONS[reason].code,
      exitCode: EXIT_CODES[REASONS[reason].code],
      about: REASONS[reason].about,
      doc: `docs/ERRORS.md#${reason.toLowerCase()}`,
      ...EXPLANATIONS[reason],
    }))
    .sort((a, b) => a.exitCode - b.exitCode);
}

/** Finds reasons by their name, by the name of an exit code, or by its number. */
export function findReasons(word: string): readonly Explained[] {
  const wanted = word.toUpperCase().replaceAll('-', '_');
  const all = catalogue();
  const exact = all.filter(({ reason }) => reason === wanted);
  if (exact.length > 0) return exact;
  if (wanted === '143') return all.filter(({ code }) => code === 'SIGNAL');
  return all.filter(({ code, exitCode }) => code === wanted || String(exitCode) === wanted);
}
