import { getSystemErrorMap } from 'node:util';

/** Whether `error` is one that the operating system raised, with one of the given codes if any are given. */
export function isSystemError(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return codes.length === 0 || codes.includes(error.code);
}

/**
 * A connection's error in the system's words. A name with several addresses fails with one error for each
 * (`AggregateError`, whose own message is empty).
 */
export function systemWords(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(systemWords))].join('; ');
  }
  if (!(error instanceof Error)) return String(error);
  if (!isSystemError(error)) return error.message;
  if (error.code === 'ENOTFOUND') return 'the name is not known (ENOTFOUND)';
  if (error.code === 'EAI_AGAIN') return 'the name could not be looked up (EAI_AGAIN)';
  const known = error.errno === undefined ? undefined : getSystemErrorMap().get(error.errno);
  const words = known === undefined ? error.message : `${known[1]} (${known[0]})`;
  const address = 'address' in error && typeof error.address === 'string' ? ` by ${error.address}` : '';
  return error.code === 'ECONNREFUSED' ? words + address : words;
}
