import { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import { unwritable } from '../../../src/state/file/faults.ts';

/** What goes wrong in an operation, at its how-many-th contact with the world outside. */
export interface Trouble {
  readonly at: number;
  readonly kind:
    | 'crash-before'
    | 'crash-after'
    | 'lost-before'
    | 'lost-after'
    | 'late'
    | 'refused'
    | 'garbage'
    | 'interrupt'
    | 'overdue';
}

/** A change whose answer is lost and that is done after so many more contacts with the server, of anybody. */
export interface LateChange {
  calls: number;
  readonly work: () => Promise<unknown>;
}

/** How many turns of the event loop's queue each contact takes: what interleaves two commands. */
export type Lags = readonly number[];

export const KINDS: readonly Trouble['kind'][] = [
  'crash-before',
  'crash-after',
  'lost-before',
  'lost-after',
  'late',
  'refused',
  'garbage',
  'interrupt',
  'overdue',
];

/** Ends an operation in its tracks: what it awaits never comes. */
const never = new Promise<never>(() => undefined);

/** Counts the contacts of one operation and makes one of them go wrong. */
export class Gate {
  #count = 0;
  /** Resolves when the process is gone. */
  readonly crashed: Promise<'crashed'>;
  readonly #crash: () => void;
  readonly #trouble: Trouble | null;
  readonly #signals: { interrupt(): void; overdue(): void };
  /** Changes whose answer is lost and that are done later. */
  readonly #late: LateChange[];
  readonly #lags: Lags;
  #isDead = false;

  constructor(
    trouble: Trouble | null,
    late: LateChange[],
    lags: Lags,
    signals: { interrupt(): void; overdue(): void },
  ) {
    this.#lags = lags;
    this.#trouble = trouble;
    this.#late = late;
    this.#signals = signals;
    let crash = (): void => undefined;
    this.crashed = new Promise((resolve) => (crash = () => resolve('crashed')));
    this.#crash = crash;
  }

  /** Whether the trouble came to pass. */
  get met(): boolean {
    return this.#trouble !== null && this.#count > this.#trouble.at;
  }

  /** One contact with a host. `host`: for the message. */
  async host<T>(host: string, work: () => Promise<T>, changes = false): Promise<T> {
    const kind = await this.#next();
    switch (kind) {
      case 'lost-before':
        throw lost(host);
      case 'lost-after':
        await work();
        throw lost(host);
      case 'late':
        if (changes) this.#late.push({ calls: 1 + (this.#count % 4), work });
        throw lost(host);
      case 'refused':
        throw new RdsctlError('CONNECT_FAILED', {
          message: `${host} can not be reached`,
          details: { sent: false },
        });
      case 'garbage':
        await work();
        throw new RdsctlError('BAD_ANSWER', { message: `${host} answered something` });
      case 'interrupt':
      case 'overdue':
      case 'crash-before':
      case 'crash-after':
      case null:
        return this.#through(kind, work);
    }
  }

  /** One contact with the state. */
  async store<T>(work: () => Promise<T>): Promise<T> {
    const kind = await this.#next();
    switch (kind) {
      case 'lost-before':
      case 'refused':
      case 'garbage':
      case 'late':
        throw unwritable('/state.json', new Error('no space left on device'));
      case 'lost-after':
        await work();
        throw unwritable(
          '/state.json',
          new Error('the directory could not be synced'),
          'The new state is in place, but may not survive a power loss.',
        );
      case 'interrupt':
      case 'overdue':
      case 'crash-before':
      case 'crash-after':
      case null:
        return this.#through(kind, work);
    }
  }

  async #through<T>(kind: Trouble['kind'] | null, work: () => Promise<T>): Promise<T> {
    if (kind === 'interrupt' || kind === 'overdue') this.#signals.interrupt();
    if (kind === 'overdue') this.#signals.overdue();
    if (kind === 'crash-before') return this.#die();
    const result = await work();
    if (kind === 'crash-after') return this.#die();
    return result;
  }

  async #next(): Promise<Trouble['kind'] | null> {
    if (this.#isDead) return never;
    const count = this.#count;
    this.#count += 1;
    const turns = this.#lags[count % Math.max(1, this.#lags.length)] ?? 0;
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    return this.#trouble?.at === count ? this.#trouble.kind : null;
  }

  #die(): Promise<never> {
    this.#isDead = true;
    this.#crash();
    return never;
  }
}

function lost(host: string): RdsctlError {
  return new RdsctlError('CONNECTION_LOST', {
    message: `the connection to ${host} was lost`,
    details: { sent: true },
  });
}
