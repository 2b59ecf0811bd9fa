import type { Reason } from '../reasons.ts';

/** What `rdsctl explain` and docs/ERRORS.md say of a reason, beside its line in the catalogue. */
export interface Explanation {
  /** How it comes about, and why rdsctl does not go on. */
  readonly why: string;
  /** What is certain about the volume, the node and the state when it has been told. */
  readonly now: string;
  /** What to do, most likely first. Commands stand in backticks. */
  readonly mend: readonly string[];
}

/** Those of some reasons. */
export type Explanations = { readonly [R in Reason]?: Explanation };

export const NOTHING = 'Nothing was changed.';
