import { RdsctlError, type Hint } from '../../errors/rdsctl-error.ts';

const CARE: readonly Hint[] = [
  { when: 'To see what is wrong', run: 'rdsctl state check' },
  { when: 'To go back to the newest good backup', run: 'rdsctl state restore' },
];

const UNTOUCHED = 'Nothing was changed.';

/** STATE_DAMAGED: `what` says what is wrong with the file at `path`. */
export function damaged(path: string, what: string, cause?: unknown): RdsctlError {
  return new RdsctlError('STATE_DAMAGED', {
    message: `the state file ${path} is damaged: ${what}`,
    now: UNTOUCHED,
    hints: CARE,
    details: { path },
    cause,
  });
}

/** STATE_UNREADABLE: the system refused to read the file at `path`. */
export function unreadable(path: string, cause: unknown): RdsctlError {
  return new RdsctlError('STATE_UNREADABLE', {
    message: `the state file ${path} can't be read: ${causeText(cause)}`,
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
      `the state file ${path} was written by a newer rdsctl (schema ${schema}; this one knows 1)` +
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
    message: `the state file ${path} is of another lineage (${found}) than the one that belongs here (${expected})`,
    now: UNTOUCHED,
    hints: CARE,
    details: { path, expected, found },
  });
}

/** STATE_UNWRITABLE: something about `path` failed; `now` says what state things are in. */
export function unwritable(path: string, cause: unknown, now = UNTOUCHED): RdsctlError {
  return new RdsctlError('STATE_UNWRITABLE', {
    message: `the state can't be written: ${path}: ${causeText(cause)}`,
    now,
    hints: [{ when: 'When the cause is mended, to see that the state is whole', run: 'rdsctl state check' }],
    details: { path, ...codeOf(cause) },
    cause,
  });
}

/** The system's error code such as `ENOENT`, or ''. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function codeOf(cause: unknown): { errno?: string } {
  const code = systemCode(cause);
  return code === '' ? {} : { errno: code };
}

const MEANINGS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device (ENOSPC)',
  EDQUOT: 'the disk quota is used up (EDQUOT)',
  EROFS: 'the file system is read-only (EROFS)',
  EACCES: 'permission denied (EACCES)',
  EPERM: 'not permitted (EPERM)',
  EIO: 'the disk reported an error (EIO)',
  EISDIR: 'a directory is in its place (EISDIR)',
  ENOTDIR: 'part of the path is not a directory (ENOTDIR)',
  ENOENT: 'no such file or directory (ENOENT)',
  ELOOP: 'a symbolic link is in its place (ELOOP)',
  EMFILE: 'too many open files (EMFILE)',
};

/** What went wrong, for a message. */
export function causeText(cause: unknown): string {
  const meaning = MEANINGS[systemCode(cause)];
  if (meaning !== undefined) return meaning;
  return cause instanceof Error ? cause.message : String(cause);
}
