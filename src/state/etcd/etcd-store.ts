import { together } from '../../batching/together.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { applyChanges, type Change } from '../changes.ts';
import type { ListedLock, LockCare } from '../lock-care.ts';
import { lostError } from '../lock-errors.ts';
import type { HolderFacts, Lock, LockRequest } from '../lock.ts';
import { isOver, patience, pause, throwIfAborted, waitedMs, type Patience } from '../patience.ts';
import { sealedState } from '../sealed.ts';
import type { State } from '../state.ts';
import { hookedStep, type StepHooks } from '../step-hooks.ts';
import type { StateStore, WatchOptions } from '../store.ts';
import type { EtcdAccess } from './access.ts';
import { EtcdClient } from './client/client.ts';
import { TIMINGS, type Timings } from './client/timings.ts';
import { carryOut, transactionOf, turnoverOf, type Outcome } from './commit.ts';
import { HeldLocks } from './held-lock.ts';
import { Keys } from './keys.ts';
import { planOf, type Plan } from './plan.ts';
import { Reader } from './reader.ts';
import { Session } from './session.ts';
import { stateOf, type Snapshot } from './snapshot.ts';

export interface EtcdStoreOptions {
  readonly access: EtcdAccess;
  /** Milliseconds that one update, or one read, may take in all. */
  readonly timeoutMs: number;
  /** Who takes the locks. */
  readonly holder: () => HolderFacts;
  /** How long locks outlive a process that gives no sign of life; 30 when left out. */
  readonly leaseSeconds?: number;
  /** For tests: before and after `read` and `commit`. */
  readonly hooks?: StepHooks;
  /** For tests. */
  readonly timings?: Timings;
}

const LEASE_SECONDS = 30;
/** Locks that one commit can be made to depend on: a transaction has so many comparisons, and others. */
const MAX_GUARDS = 80;

/** A state that is put in parts takes that many times as long as one transaction. */
const STAGING_TIMES = 10;

/** Opens the state store in an etcd cluster. The first commit makes the keys. Connects to nothing yet. */
export function openEtcdStore(options: EtcdStoreOptions): StateStore & LockCare {
  return new EtcdStore(options);
}

/** What became of one change. */
type Made = { readonly state: State } | { readonly error: unknown };

class EtcdStore implements StateStore, LockCare {
  readonly location: string;
  readonly #options: EtcdStoreOptions;
  readonly #client: EtcdClient;
  readonly #keys: Keys;
  readonly #reader: Reader;
  readonly #session: Session;
  readonly #locks: HeldLocks;
  #places = 0;
  /** Ends when the last update that was begun in this process has ended. */
  #updates: Promise<unknown> = Promise.resolve();
  /** Changes that come while an earlier commit is being made wait for it, and then make one commit. */
  readonly #inTurn = together<Change, Made>((changes, signal) => this.#update(changes, signal), 'all');

  constructor(options: EtcdStoreOptions) {
    const { access, timings = TIMINGS, leaseSeconds = LEASE_SECONDS, timeoutMs, holder } = options;
    this.#options = options;
    this.location = access.location;
    this.#client = new EtcdClient(access, timings);
    this.#keys = new Keys(access);
    this.#reader = new Reader(this.#client, this.#keys);
    this.#session = new Session(this.#client, leaseSeconds);
    const nextNumber = (): number => (this.#places += 1);
    const [client, keys, session] = [this.#client, this.#keys, this.#session];
    this.#locks = new HeldLocks({ client, keys, session, holder, timeoutMs, nextNumber });
  }

  async read(): Promise<State> {
    return stateOf(this.#keys, await this.#reader.newest(this.#patience()));
  }

  update(change: Change, options?: { signal?: AbortSignal }): Promise<State> {
    const update = this.#inTurn(change, options?.signal).then((made) => {
      if ('error' in made) throw made.error;
      return made.state;
    });
    // Whoever waits for the last one must not keep what all of them gave.
    this.#updates = Promise.allSettled([this.#updates, update]).then(() => undefined);
    return update;
  }

  lock(request: LockRequest): Promise<Lock> {
    return this.#locks.take(request);
  }

  async *watch(options: WatchOptions): AsyncGenerator<State, void, undefined> {
    const { watchState } = await import('./watch-state.ts');
    const [client, keys, reader] = [this.#client, this.#keys, this.#reader];
    yield* watchState({ client, keys, reader, timeoutMs: this.#options.timeoutMs }, options);
  }

  async close(): Promise<void> {
    await this.#updates;
    await this.#locks.releaseAll();
    await this.#session.close(this.#patience());
    this.#client.close();
  }

  async listLocks(): Promise<readonly ListedLock[]> {
    const { listLocks } = await import('./lock-list.ts');
    return listLocks(this.#client, this.#keys, this.#patience());
  }

  async removeDeadLocks(only?: string): Promise<readonly ListedLock[]> {
    const { removeDeadLocks } = await import('./lock-list.ts');
    return removeDeadLocks(this.#client, this.#keys, this.#patience(), only);
  }

  async breakLock(id: string): Promise<boolean> {
    const { breakLock } = await import('./lock-list.ts');
    return breakLock(this.#client, this.#keys, this.#patience(), id);
  }

  #patience(signal?: AbortSignal): Patience {
    return patience(this.#options.timeoutMs, signal);
  }

  /** One commit for all of them; a change that throws is left out of it. */
  async #update(changes: readonly Change[], signal: AbortSignal | undefined): Promise<Made[]> {
    const { hooks } = this.#options;
    const wait = this.#patience(signal);
    let before = this.#reader.seen;
    let isNewest = false;
    for (let tries = 1; ; tries += 1) {
      throwIfAborted(signal);
      if (before === null || (tries > 1 && !isNewest)) {
        before = await hookedStep(hooks, 'read', () => this.#reader.newest(wait));
        isNewest = true;
      }
      const state = stateOf(this.#keys, before);
      const { wanted, errors } = applyChanges(state, changes);
      const plan = wanted && planOf(before, wanted);
      if (plan === null) {
        // What was seen earlier may be old: then what they made of it counts for nothing.
        if (isNewest) return errors.map((error) => error ?? { state });
        continue;
      }
      const tooMany = this.#locks.guardsOf(plan.volumes).length > MAX_GUARDS;
      if (tooMany && changes.length > 1) return this.#oneByOne(changes, signal);
      const outcome = await hookedStep(hooks, 'commit', () => this.#commit(before as Snapshot, plan, wait));
      if (outcome.kind === 'done') {
        const { meta } = outcome.snapshot;
        const isOwn = wanted !== null && meta === plan.meta;
        const made = isOwn
          ? sealedState(meta.lineage, meta.serial, wanted)
          : stateOf(this.#keys, outcome.snapshot);
        return errors.map((error) => error ?? { state: made });
      }
      if (outcome.kind === 'lost') {
        if (changes.length > 1) return this.#oneByOne(changes, signal);
        throw lostError(outcome.lock, 'its key in etcd is gone', null);
      }
      before = outcome.snapshot;
      isNewest = true;
      if (isOver(wait)) throw busy(this.location, tries, wait);
      if (tries > 2) await pause(Math.min(5 * tries, 100), wait);
    }
  }

  /** Some of them can't be had together: each for itself, so that one that fails does not spoil the others. */
  async #oneByOne(changes: readonly Change[], signal: AbortSignal | undefined): Promise<Made[]> {
    const made: Made[] = [];
    for (const change of changes) {
      try {
        made.push(...(await this.#update([change], signal)));
      } catch (error) {
        made.push({ error });
      }
    }
    return made;
  }

  /** Not cut short by a signal, nor for want of time: once it was sent, it is seen through. */
  async #commit(before: Snapshot, plan: Plan, asked: Patience): Promise<Outcome> {
    const { timings = TIMINGS } = this.#options;
    const deadline = Math.max(asked.deadline, performance.now() + 2 * timings.requestMs);
    const wait = { ...asked, deadline, signal: undefined };
    const guards = this.#locks.guardsOf(plan.volumes);
    const [client, keys, reader] = [this.#client, this.#keys, this.#reader];
    const commit = { client, keys, reader, before, plan, guards, wait };
    const txn = transactionOf(commit);
    if (txn !== null) return carryOut(commit, txn);
    const { withStaged } = await import('./staging.ts');
    const longer = { ...wait, deadline: performance.now() + STAGING_TIMES * this.#options.timeoutMs };
    return withStaged({ client, keys, wait: longer }, plan.entries, (staged) => {
      const { generation } = staged;
      const whole = { ...commit, plan: { ...plan, meta: { ...plan.meta, generation } } };
      return carryOut(whole, turnoverOf(whole, staged));
    });
  }
}

/** LOCKED: others were faster every time. */
function busy(location: string, tries: number, wait: Patience): RdsctlError {
  return new RdsctlError('LOCKED', {
    message: `the state at ${location} was changed by others each of the ${tries} times that this command tried to`,
    now: `Waited ${(waitedMs(wait) / 1000).toFixed(1)} s. Nothing was changed.`,
    hints: [{ when: 'To try for longer, give the command', run: '--lock-timeout 5m' }],
    details: { lock: 'state', holder: null, waitedMs: waitedMs(wait) },
  });
}
