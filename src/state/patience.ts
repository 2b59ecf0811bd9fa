import { setTimeout as sleep } from 'node:timers/promises';
import { RdsctlError } from '../errors/rdsctl-error.ts';

/** How long somebody is ready to wait. Measured on the monotonic clock: steps of the wall clock don't matter. */
export interface Patience {
  readonly startedAt: number;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/** @param timeoutMs milliseconds; 0 = don't wait; Infinity = until the signal. */
export function patience(timeoutMs: number, signal?: AbortSignal): Patience {
  const startedAt = performance.now();
  return { startedAt, deadline: startedAt + timeoutMs, signal };
}

export function waitedMs(wait: Patience): number {
  return Math.round(performance.now() - wait.startedAt);
}

export function isOver(wait: Patience): boolean {
  return performance.now() >= wait.deadline;
}

/** @throws the signal's reason, as an RdsctlError. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const reason: unknown = signal.reason;
  if (reason instanceof RdsctlError) throw reason;
  throw new RdsctlError('INTERRUPTED', { message: 'interrupted while waiting for a lock', cause: reason });
}

/**
 * Sleeps about `ms` milliseconds, a quarter more or less by chance, and not beyond the deadline.
 * @throws the signal's reason.
 */
export async function pause(ms: number, wait: Patience): Promise<void> {
  const time = Math.min(ms * (0.75 + Math.random() / 2), Math.max(0, wait.deadline - performance.now()));
  try {
    await sleep(time, undefined, wait.signal === undefined ? {} : { signal: wait.signal });
  } catch (error) {
    throwIfAborted(wait.signal);
    throw error;
  }
}
