import { Mutex, type MutexInterface } from 'async-mutex';

import type { Lock, LockHolder } from '../state/lock.ts';
import type { StateStore } from '../state/store.ts';

export interface LockOptions {
  /** Milliseconds to wait for another process; 0 = don't wait. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onWait?: (key: string, holder: LockHolder | null) => void;
}

/**
 * One lock per volume, first within this process, then across processes. Volumes never wait for each other:
 * the manager's own book-keeping is done before a volume's lock is awaited, so nothing can deadlock on it.
 * Several volumes are locked in sorted order.
 */
export class VolumeLockManager {
  readonly #store: Pick<StateStore, 'lock'>;
  /** Mutexes in use; `users` counts holders and waiters, so that an idle one can be dropped. */
  readonly #mutexes = new Map<string, { mutex: Mutex; users: number }>();

  constructor(store: Pick<StateStore, 'lock'>) {
    this.#store = store;
  }

  /**
   * Runs `work` while the volume is locked, and releases it whatever happens.
   * @throws RdsctlError LOCKED when the lock isn't had in time, and what `work` throws
   */
  async withLock<T>(key: string, options: LockOptions, work: (lock: Lock) => Promise<T>): Promise<T> {
    const releaseMutex = await this.#enter(key);
    try {
      const lock = await this.#store.lock({
        name: key,
        timeoutMs: options.timeoutMs,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        onWait: (holder) => options.onWait?.(key, holder),
      });
      try {
        return await work(lock);
      } finally {
        await lock.release();
      }
    } finally {
      releaseMutex();
    }
  }

  /** Locks several volumes, in sorted order, each once. */
  async withLocks<T>(
    keys: readonly string[],
    options: LockOptions,
    work: (locks: ReadonlyMap<string, Lock>) => Promise<T>,
  ): Promise<T> {
    const sorted = [...new Set(keys)].sort();
    const held = new Map<string, Lock>();
    const next = async (index: number): Promise<T> => {
      const key = sorted[index];
      if (key === undefined) return work(held);
      return this.withLock(key, options, (lock) => {
        held.set(key, lock);
        return next(index + 1);
      });
    };
    return next(0);
  }

  async #enter(key: string): Promise<MutexInterface.Releaser> {
    const entry = this.#mutexes.get(key) ?? { mutex: new Mutex(), users: 0 };
    this.#mutexes.set(key, entry);
    entry.users += 1;
    const release = await entry.mutex.acquire();
    return () => {
      release();
      entry.users -= 1;
      if (entry.users === 0) this.#mutexes.delete(key);
    };
  }
}
