import type { Pattern } from '../situation.ts';

/**
 * What reconcile does by itself. Each is a piece of another command, run under the volume's lock:
 * `attach` what `attach` of that node would do; `release` what `detach` of that node would do; `fence` what
 * `fence` of that node would do to this volume; `admit` names the owner, and him alone, on the list of the
 * export without toggling it; `withdraw` ends an export that nobody has; `drop` drops dead controllers on a
 * node; `drop-cut-off` the same on a node that was fenced, whatever it says of use.
 */
export const REPAIRS = ['attach', 'release', 'fence', 'admit', 'withdraw', 'drop', 'drop-cut-off'] as const;
export type Repair = (typeof REPAIRS)[number];

/** One kind of drift: which combinations it is, what that means, and what becomes of it. */
export interface Rule<P = Pattern> {
  /** Null: the views agree, or nothing can be concluded. */
  readonly kind: string | null;
  readonly when: P;
  /** A sentence about `{volume}` and `{node}`. */
  readonly meaning: string;
  /** What is done unasked; null = it is only reported. */
  readonly repair: Repair | null;
  /** The command to run by hand: when it is only reported, or the repair failed. */
  readonly command: string;
}

/** The commands that are told. */
export const ATTACH = 'rdsctl attach {volume} {node}';
export const DETACH = 'rdsctl detach {volume}';
export const FENCE = 'rdsctl fence {node} --volume {volume}';
export const SHOW = 'rdsctl show {volume}';
export const ADOPT = 'rdsctl adopt {volume}';
export const REBUILD = 'rdsctl state rebuild';

/** Said of a node that the state gives the volume to, and that does not answer. */
export const UNSEEN_HOLDER = 'the state has {volume} on {node}, which could not be asked';

/** All agree, or nothing can be concluded. */
export function nothing(meaning: string, when: Pattern): Rule {
  return { kind: null, when, meaning, repair: null, command: '' };
}

/** It is only told. */
export function reported(kind: string, meaning: string, command: string, when: Pattern): Rule {
  return { kind, when, meaning, repair: null, command };
}

/** It is repaired unasked. */
export function repaired(
  kind: string,
  meaning: string,
  repair: Repair,
  command: string,
  when: Pattern,
): Rule {
  return { kind, when, meaning, repair, command };
}
