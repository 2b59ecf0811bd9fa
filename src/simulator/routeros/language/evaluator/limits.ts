/** Bounds on the work of one script, so that none hangs. */

import { setImmediate } from 'node:timers/promises';

/** Ends the script whatever it catches: it was stopped, or ran out of time or steps. */
export class ScriptAborted extends Error {
  override readonly name: string = 'ScriptAborted';
}

/** What a script may use. */
export interface LimitOptions {
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
}

const MAX_STEPS = 500_000;
const MAX_CALLS = 50;
const MAX_TEXT = 4 * 1024 * 1024;
const STEPS_BETWEEN_PAUSES = 2_000;
const DEFAULT_DEADLINE_MS = 60_000;
const TIMED_OUT = 'action timed out';
const INTERRUPTED = 'interrupted';

/** Counts what a script does, and ends it when that is too much (texts seen: `action timed out`, `interrupted`). */
export class Limits {
  /** Aborted when the script must end. */
  readonly signal: AbortSignal;
  private readonly stopped: Promise<never>;
  private readonly finish: () => void;
  private steps = 0;
  private calls = 0;
  private weight = 0;

  constructor(options: LimitOptions) {
    const controller = new AbortController();
    this.signal = controller.signal;
    const onAbort = (): void => controller.abort(new ScriptAborted(INTERRUPTED));
    const timer = setTimeout(
      () => controller.abort(new ScriptAborted(TIMED_OUT)),
      options.deadlineMs ?? DEFAULT_DEADLINE_MS,
    );
    if (options.signal?.aborted === true) onAbort();
    else options.signal?.addEventListener('abort', onAbort, { once: true });
    this.stopped = new Promise((_resolve, reject) => {
      const stop = (): void => reject(this.reason());
      if (this.signal.aborted) stop();
      else this.signal.addEventListener('abort', stop, { once: true });
    });
    this.stopped.catch(() => undefined);
    this.finish = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    };
  }

  private reason(): ScriptAborted {
    return this.signal.reason instanceof ScriptAborted ? this.signal.reason : new ScriptAborted(INTERRUPTED);
  }

  /** Ends the counting. */
  release(): void {
    this.finish();
  }

  /** Waits for something, but no longer than the script may run. */
  async within<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.stopped]);
  }

  /** Counts one step; lets others run now and then. */
  async step(): Promise<void> {
    if (this.signal.aborted) throw this.reason();
    this.steps += 1;
    if (this.steps > MAX_STEPS) throw new ScriptAborted(TIMED_OUT);
    if (this.steps % STEPS_BETWEEN_PAUSES === 0) await setImmediate();
  }

  /** Bounds how large the texts and arrays that a script makes may grow, and how much it makes in all. */
  size(length: number): void {
    this.weight += length;
    if (length > MAX_TEXT || this.weight > MAX_TEXT * 64) throw new ScriptAborted(TIMED_OUT);
  }

  /** Counts how deep functions call each other. */
  enter(): void {
    this.calls += 1;
    if (this.calls > MAX_CALLS) throw new ScriptAborted(TIMED_OUT);
  }

  /** Leaves a function. */
  leave(): void {
    this.calls -= 1;
  }
}
