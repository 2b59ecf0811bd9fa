import { RdsctlError } from '../../errors/rdsctl-error.ts';

/**
 * Gives a host only so long, whatever it does: what it was asked with is given up then.
 * @throws RdsctlError NO_ANSWER when the time is over
 */
export async function withDeadline<T>(
  host: string,
  milliseconds: number,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const overdue = new RdsctlError('NO_ANSWER', {
    message: `${host} did not tell everything within ${milliseconds / 1000} s`,
    now: 'Nothing was changed.',
    details: { host },
  });
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(overdue);
      late.abort(overdue);
    }, milliseconds);
  });
  try {
    return await Promise.race([ask(AbortSignal.any([signal, late.signal])), end]);
  } finally {
    clearTimeout(timer);
  }
}
