/** A timer that has not run out. */
export interface Timer {
  cancel(): void;
}

/** The simulator's time. Kernel timers run on it, so that tests can drive them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `action` once after `ms` milliseconds of simulated time. */
  after(ms: number, action: () => void): Timer;
}

/** Real time; `scale` above 1 makes timers (not `now`) that much faster. */
export function realClock(scale = 1): Clock {
  return {
    now: () => Date.now(),
    after: (ms, action) => {
      const timer = setTimeout(action, ms / scale);
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Map<number, { at: number; action: () => void }>();

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): Timer {
    const id = ++this.#order;
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), action });
    return { cancel: () => void this.#timers.delete(id) };
  }

  /** Lets `ms` pass: every timer due runs, in order of time, and what hangs on it gets its turn. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      const [id, timer] = next;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, timer.at);
      timer.action();
      await settle();
    }
    this.#now = end;
  }

  #next(end: number): [number, { at: number; action: () => void }] | undefined {
    let best: [number, { at: number; action: () => void }] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].at <= end && (best === undefined || entry[1].at < best[1].at)) best = entry;
    }
    return best;
  }
}

/** Lets pending promise reactions and immediates run. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Another clock's time, until it is stopped: then nothing that was to happen happens, and nothing new is taken. */
export class StoppableClock implements Clock {
  readonly #clock: Clock;
  readonly #pending = new Set<Timer>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, action: () => void): Timer {
    if (this.#stopped) return { cancel: () => undefined };
    const timer = this.#clock.after(ms, () => {
      this.#pending.delete(timer);
      action();
    });
    this.#pending.add(timer);
    return {
      cancel: () => {
        this.#pending.delete(timer);
        timer.cancel();
      },
    };
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
  }
}

/** Waits on a clock. */
export function sleepOn(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
