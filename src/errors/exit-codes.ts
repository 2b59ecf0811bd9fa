/**
 * The exit codes of the command-line contract. Scripts branch on them: they are a public interface and
 * never change meaning.
 */
export const EXIT_CODES = {
  OK: 0,
  FAILED: 1,
  USAGE: 2,
  NOT_FOUND: 3,
  CONFLICT: 4,
  BUSY: 5,
  UNREACHABLE: 6,
  IN_USE: 7,
  DRIFT: 8,
  STATE: 9,
  REMOTE: 10,
  UNVERIFIED: 11,
  TIMEOUT: 124,
  SIGNAL: 130,
} as const;

/** The name of an outcome that is not success, as it stands in an error document's `code`. */
export type ErrorCode = Exclude<keyof typeof EXIT_CODES, 'OK'>;
