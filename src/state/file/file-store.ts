import type { ListedLock, LockCare } from '../lock-care.ts';
import type { HolderFacts, Lock, LockRequest } from '../lock.ts';
import type { StateStore, WatchOptions } from '../store.ts';
import { together } from '../../batching/together.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { applyChanges, type Change } from '../changes.ts';
import type { Decoded } from '../envelope.ts';
import { damaged, foreignLineage } from '../faults.ts';
import type { LockSettings } from './file-lock.ts';
import { isStateFile, locksPath, statePath } from './paths.ts';
import { sealedState } from '../sealed.ts';
import { EMPTY_STATE, type State, type StateChange } from '../state.ts';
import { readStateAgain, type Read } from './read.ts';
import type { StepHooks } from '../step-hooks.ts';
import { step } from './steps.ts';

export interface FileStoreOptions {
  readonly directory: string;
  /** How many earlier states to keep beside the state. */
  readonly backups: number;
  /** Milliseconds that an update waits for the other writers. */
  readonly stateLockTimeoutMs: number;
  /** Who takes the locks. */
  readonly holder: () => HolderFacts;
  /**
   * Milliseconds (2,000 at least) after which the lock of another host that shares the directory and gives no
   * sign of life is taken over. Locks of this host never go stale.
   */
  readonly staleMs?: number;
  /** For tests: see {@link StepHooks}. */
  readonly hooks?: StepHooks;
}

/** A state store in a directory. */
export interface FileStore extends StateStore, LockCare {}

/** The name of the lock that guards the state. No volume has one like it: it holds no slash. */
export const STATE_LOCK = 'state';
const STALE_MS = 30_000;

/** How the locks of a store are taken. */
export function lockSettings({ directory, holder, staleMs, hooks }: FileStoreOptions): LockSettings {
  return { directory: locksPath(directory), holder, staleMs: staleMs ?? STALE_MS, hooks };
}

/** Opens the state store in a directory, which is made with the first change. Reads nothing yet. */
export function openFileStore(options: FileStoreOptions): FileStore {
  return new DirectoryStore(options);
}

/** What became of one change. */
type Made = { readonly state: State } | { readonly error: unknown };

class DirectoryStore implements FileStore {
  readonly location: string;
  readonly #options: FileStoreOptions;
  readonly #locks: LockSettings;
  readonly #held = new Set<Lock>();
  /** What this store last saw of the state. */
  #seen: Read | null = null;
  /** Ends when the last update that was begun in this process has ended. */
  #updates: Promise<unknown> = Promise.resolve();
  /** Changes that come while an earlier commit is being made wait for it, and then make one commit. */
  readonly #inTurn = together<Change, Made>((changes, signal) => this.#update(changes, signal), 'all');

  constructor(options: FileStoreOptions) {
    this.#options = options;
    this.location = options.directory;
    this.#locks = lockSettings(options);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface's; small files are read at once
  async read(): Promise<State> {
    return this.#readChecked().state;
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

  async lock(request: LockRequest): Promise<Lock> {
    if (request.name === STATE_LOCK)
      throw new RdsctlError('INTERNAL', { message: `the lock name "${STATE_LOCK}" is the store's own` });
    const { acquireFileLock } = await import('./file-lock.ts');
    const lock = await acquireFileLock(this.#locks, request);
    this.#held.add(lock);
    return {
      name: lock.name,
      assertHeld: () => lock.assertHeld(),
      release: async () => {
        this.#held.delete(lock);
        await lock.release();
      },
    };
  }

  async *watch(options: WatchOptions): AsyncGenerator<State, void, undefined> {
    const { watchState } = await import('./watch.ts');
    yield* watchState(this.#options.directory, options);
  }

  async close(): Promise<void> {
    await this.#updates;
    await Promise.all([...this.#held].map((lock) => lock.release()));
    this.#held.clear();
  }

  async listLocks(): Promise<readonly ListedLock[]> {
    const { listLocks } = await import('./lock-list.ts');
    return listLocks(this.#locks);
  }

  async removeDeadLocks(only?: string): Promise<readonly ListedLock[]> {
    const { removeDeadLocks } = await import('./lock-list.ts');
    return removeDeadLocks(this.#locks, only);
  }

  async breakLock(id: string): Promise<boolean> {
    const { breakLock } = await import('./lock-list.ts');
    return breakLock(this.#locks, id);
  }

  /** One commit for all of them; a change that throws is left out of it. */
  async #update(changes: readonly Change[], signal: AbortSignal | undefined): Promise<Made[]> {
    const { directory, stateLockTimeoutMs: timeoutMs, hooks } = this.#options;
    const { acquireFileLock } = await import('./file-lock.ts');
    const lock = await acquireFileLock(this.#locks, {
      name: STATE_LOCK,
      timeoutMs,
      ...(signal && { signal }),
    });
    try {
      // Before the state is read: a writer that was stopped and lost its lock can't rename any more.
      const { removeTemporaries } = await import('./temporary-file.ts');
      await step(hooks, 'clean', () => removeTemporaries(directory, isStateFile));
      const { state, bodyText } = await step(hooks, 'read', () => this.#readChecked());
      const { wanted, errors } = applyChanges(state, changes);
      const committed = wanted === null ? state : await this.#commit(lock, state, bodyText, wanted);
      return errors.map((error) => error ?? { state: committed });
    } finally {
      await lock.release();
    }
  }

  async #commit(lock: Lock, old: State, oldText: string | null, body: StateChange): Promise<State> {
    const { directory, backups, hooks } = this.#options;
    const { attachments, tokens, nodes } = body;
    const { serialiseBody } = await import('../serialise.ts');
    const { encodeState } = await import('../envelope.ts');
    if (attachments === old.attachments && tokens === old.tokens && nodes === old.nodes) return old;
    const bodyText = serialiseBody(body);
    if (bodyText === (oldText ?? serialiseBody(EMPTY_STATE))) return old;
    const { randomUUID } = await import('node:crypto');
    const lineage = old.lineage === '' ? randomUUID() : old.lineage;
    const serial = old.serial + 1;
    const encoded = encodeState(lineage, serial, bodyText);
    const { commitState } = await import('./commit.ts');
    await commitState({
      directory,
      encoded,
      lineage,
      serial,
      previousSerial: old.serial,
      backups,
      lock,
      hooks,
    });
    const { bytes, checksum } = encoded;
    const state = sealedState(lineage, serial, body);
    this.#seen = { bytes, decoded: { state, checksum, bodyText } };
    return state;
  }

  /** @throws RdsctlError also when the state is not a later one of what this store saw before. */
  #readChecked(): { state: State; bodyText: string | null } {
    const { directory } = this.#options;
    const before = this.#seen;
    const found = readStateAgain(directory, before);
    if (before !== null) refuseBreak(statePath(directory), before.decoded, found?.decoded ?? null);
    if (found === null) return { state: EMPTY_STATE, bodyText: null };
    this.#seen = found;
    return found.decoded;
  }
}

/** @throws RdsctlError STATE_DAMAGED, FOREIGN_LINEAGE when what was found now does not follow what was seen before */
function refuseBreak(path: string, seen: Decoded, found: Decoded | null): void {
  if (found === null) throw damaged(path, 'it vanished while this command ran');
  const [was, is] = [seen.state, found.state];
  if (is.lineage !== was.lineage) throw foreignLineage(path, was.lineage, is.lineage);
  if (is.serial < was.serial)
    throw damaged(path, `it went back from serial ${was.serial} to ${is.serial} while this command ran`);
  if (is.serial === was.serial && found.checksum !== seen.checksum)
    throw damaged(path, `its serial ${is.serial} was written twice`);
}
