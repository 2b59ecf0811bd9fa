import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { CARE, UNTOUCHED } from '../faults.ts';

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
