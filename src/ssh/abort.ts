import { RdsctlError } from '../errors/rdsctl-error.ts';

/**
 * The error for something that an AbortSignal ended: the signal's own reason where that is an error of
 * rdsctl's, else INTERRUPTED.
 *
 * @param sent whether a command may have left this host
 */
export function abortError(signal: AbortSignal, doing: string, sent: boolean): RdsctlError {
  const reason: unknown = signal.reason;
  if (reason instanceof RdsctlError) return reason.with({ details: { sent } });
  return new RdsctlError('INTERRUPTED', {
    message: `interrupted while ${doing}`,
    details: { sent },
    cause: reason,
  });
}

/** Milliseconds in words, for messages: `500 ms`, `2.5 s`. */
export function inWords(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
