import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import type { Lock, LockHolder, LockRequest } from '../../src/state/lock.ts';
import { sealWanted } from '../../src/state/changes.ts';
import { sealedState } from '../../src/state/sealed.ts';
import type { State, StateChange } from '../../src/state/state.ts';
import type { StateStore, WatchOptions } from '../../src/state/store.ts';

export const LINEAGE = '5f0c1d2e-0000-4000-8000-000000000001';

export function emptyState(over: Partial<State> = {}): State {
  return { lineage: LINEAGE, serial: 1, attachments: {}, tokens: {}, nodes: {}, ...over };
}

/** Somebody else's lock, as a test makes it. */
export interface Elsewhere {
  release(): void;
}

/**
 * A state store in memory. What it hands out is frozen, as every store's: whoever changes it is found out. Locks
 * exclude each other like those of other processes.
 */
export class MemoryStore implements StateStore {
  readonly location = 'memory';
  state: State;
  /** Every state that was committed, oldest first. */
  readonly commits: State[] = [];
  /** Called before a commit; may throw. */
  beforeCommit: ((wanted: StateChange) => void) | null = null;
  readonly held = new Map<string, LockHolder>();
  closed = false;
  readonly #log: (entry: string) => void;
  readonly #waiters = new Map<string, (() => void)[]>();
  readonly #watchers: (() => void)[] = [];
  readonly #lost = new Set<string>();

  constructor(state: State = emptyState(), log: (entry: string) => void = () => undefined) {
    this.state = sealedState(state.lineage, state.serial, sealWanted(state));
    this.#log = log;
  }

  read(): Promise<State> {
    return Promise.resolve(this.state);
  }

  update(change: (state: State) => StateChange): Promise<State> {
    return Promise.resolve().then(() => {
      const before = this.state;
      const wanted = change(before);
      if (wanted === before) return before;
      this.beforeCommit?.(wanted);
      const lineage = before.lineage === '' ? LINEAGE : before.lineage;
      this.state = sealedState(lineage, before.serial + 1, sealWanted(wanted));
      this.commits.push(this.state);
      for (const wake of this.#watchers.splice(0)) wake();
      this.#log(`state ${phases(this.state)}`);
      return this.state;
    });
  }

  async lock(request: LockRequest): Promise<Lock> {
    const { name } = request;
    while (this.held.has(name)) await this.#wait(request);
    this.#lost.delete(name);
    this.held.set(name, ME);
    this.#log(`lock ${name}`);
    return {
      name,
      assertHeld: () => {
        if (this.#lost.has(name)) throw new RdsctlError('LOST_LOCK', { message: `${name} was lost` });
      },
      release: () => {
        this.#log(`unlock ${name}`);
        this.#free(name);
        return Promise.resolve();
      },
    };
  }

  /** The state as it is, then after each commit; it has nobody to ask, so nothing is polled. */
  async *watch({ signal }: WatchOptions): AsyncGenerator<State, void, undefined> {
    let seen = -1;
    while (!signal.aborted) {
      if (this.state.serial !== seen) {
        seen = this.state.serial;
        yield this.state;
      } else {
        await new Promise<void>((resolve) => {
          this.#watchers.push(resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    }
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** Another process takes the lock. */
  holdElsewhere(name: string, holder: Partial<LockHolder> = {}): Elsewhere {
    this.held.set(name, { ...ME, host: 'admin2', ...holder });
    return {
      release: () => {
        this.#free(name);
      },
    };
  }

  /** The lock is stolen from whoever has it. */
  lose(name: string): void {
    this.#lost.add(name);
  }

  #free(name: string): void {
    this.held.delete(name);
    const next = this.#waiters.get(name) ?? [];
    this.#waiters.delete(name);
    for (const wake of next) wake();
  }

  #wait({ name, timeoutMs, signal, onWait }: LockRequest): Promise<void> {
    const holder = this.held.get(name) ?? null;
    if (timeoutMs === 0) {
      return Promise.reject(
        new RdsctlError('LOCKED', { message: `${name} is locked`, details: { volume: name, holder } }),
      );
    }
    onWait?.(holder);
    return new Promise((resolve, reject) => {
      this.#waiters.set(name, [...(this.#waiters.get(name) ?? []), resolve]);
      signal?.addEventListener('abort', () => {
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      });
    });
  }
}

const ME: LockHolder = {
  who: 'ops',
  host: 'admin1',
  pid: 42,
  command: 'rdsctl attach',
  since: '2026-11-20T14:00:00.000Z',
};

function phases(state: State): string {
  const each = Object.values(state.attachments).map(
    ({ slot, phase, holders, intent }) =>
      `${slot}:${phase}:${holders.map(({ node }) => node).join('+')}${intent === null ? '' : `:${intent.verb}`}`,
  );
  return each.join(' ') || '(none)';
}
