import { RdsctlError, type Hint } from '../errors/rdsctl-error.ts';

/** What to run about a state that can not be used. */
export const CARE: readonly Hint[] = [
  { when: 'To see what is wrong', run: 'rdsctl state check' },
  { when: 'To go back to the newest good backup', run: 'rdsctl state restore' },
];

export const UNTOUCHED = 'Nothing was changed.';

/** The state at a path, or at the URL of a key in etcd. */
function named(path: string): string {
  return /^etcds?:/.test(path) ? `the state at ${path}` : `the state file ${path}`;
}

/** STATE_DAMAGED: `what` says what is wrong with what is at `path`. */
export function damaged(path: string, what: string, cause?: unknown): RdsctlError {
  return new RdsctlError('STATE_DAMAGED', {
    message: `${named(path)} is damaged: ${what}`,
    now: UNTOUCHED,
    hints: CARE,
    details: { path },
    cause,
  });
}

/** STATE_NEWER: the file at `path` has a schema that this program doesn't know. */
export function newer(path: string, schema: number, checksumFits: boolean): RdsctlError {
  return new RdsctlError('STATE_NEWER', {
    message:
      `${named(path)} was written by a newer rdsctl (schema ${schema}; this one knows 1)` +
      (checksumFits ? '' : ', or it is damaged: its checksum does not match'),
    now: UNTOUCHED,
    hints: [
      { when: 'To see which rdsctl this is, and install a newer one', run: 'rdsctl --version' },
      { when: 'To see what is wrong', run: 'rdsctl state check' },
    ],
    details: { path, schema },
  });
}

/** FOREIGN_LINEAGE: the state at `path` is not the one that was there before. */
export function foreignLineage(path: string, expected: string, found: string): RdsctlError {
  return new RdsctlError('FOREIGN_LINEAGE', {
    message: `${named(path)} is of another lineage (${found}) than the one that belongs here (${expected})`,
    now: UNTOUCHED,
    hints: CARE,
    details: { path, expected, found },
  });
}
