import type { Lock, LockRequest } from './lock.ts';
import type { State, StateChange } from './state.ts';

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Milliseconds after which it is looked again, where nobody tells of changes. */
  readonly pollMs: number;
}

/**
 * Where the state lives. One interface, one conformance suite; no operation knows which implementation it
 * talks to. What it hands out is frozen, and so is, from then on, what a change returned.
 */
export interface StateStore {
  /** For messages: a path or a URL without secrets. */
  readonly location: string;
  /**
   * Reads the state as of one commit. Takes no lock and never waits for one. A state that was never written
   * reads as empty, with lineage '' and serial 0.
   * @throws RdsctlError STATE_* when it can't be read, is damaged, or is newer than this program.
   */
  read(): Promise<State>;
  /**
   * Read, change, write, as one step against every other writer. `change` sees the newest state and returns
   * the wanted one (or the same object to leave it). On return the result survives a power loss.
   * @throws RdsctlError as {@link read}; STATE_UNWRITABLE; LOCKED when the state lock isn't had in time.
   */
  update(change: (state: State) => StateChange, options?: { signal?: AbortSignal }): Promise<State>;
  /**
   * Waits for a named lock (a volume key, or `reconcile`) that excludes every other process.
   * @throws RdsctlError LOCKED with the holder in `details.holder` when it isn't had within the time.
   */
  lock(request: LockRequest): Promise<Lock>;
  /**
   * The state as it is, and then as of each later commit, whoever makes it; of several that come together only
   * the last. Takes no lock. Ends when the signal is aborted.
   * @throws RdsctlError as {@link read}
   */
  watch(options: WatchOptions): AsyncIterable<State>;
  close(): Promise<void>;
}
