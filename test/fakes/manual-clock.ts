import type { Clock } from '../../src/operations/context.ts';

/** Time that passes only by sleeping. */
export class ManualClock implements Clock {
  /** Milliseconds since the start. */
  passed = 0;
  readonly slept: number[] = [];
  readonly #start = Date.parse('2026-11-20T14:03:00.000Z');
  readonly #due: { at: number; what: () => void }[] = [];

  now(): Date {
    return new Date(this.#start + this.passed);
  }

  monotonic(): number {
    return this.passed;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) {
      return Promise.reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    }
    this.slept.push(milliseconds);
    if (this.slept.length > 100_000) throw new Error('sleeps for ever');
    this.advance(milliseconds);
    return Promise.resolve();
  }

  /** Does something when so much time has passed. */
  at(milliseconds: number, what: () => void): void {
    this.#due.push({ at: milliseconds, what });
  }

  advance(milliseconds: number): void {
    this.passed += milliseconds;
    const all = this.#due.splice(0);
    const now = this.passed;
    this.#due.push(...all.filter(({ at }) => at > now));
    for (const one of all) if (one.at <= now) one.what();
  }
}
