import { Mutex, type MutexInterface } from 'async-mutex';

import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { Lock, LockHolder } from '../state/lock.ts';
import type { StateStore } from '../state/store.ts';

export interface LockOptions {
  /** Milliseconds to wait for another process; 0 = don't wait. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onWait?: (key: string, holder: LockHolder | null) => void;
  /** Called once the waiting that `onWait` told of is over: the lock was had, or given up. */
  readonly onWaited?: (key: string) => void;
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
    const releaseMutex = await this.#enter(key, options);
    try {
      const lock = await this.#lock(key, options);
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

  async #lock(key: string, { timeoutMs, signal, onWait, onWaited }: LockOptions): Promise<Lock> {
    const waiting = { told: false };
    try {
      return await this.#store.lock({
        name: key,
        timeoutMs,
        ...(signal === undefined ? {} : { signal }),
        onWait: (holder) => {
          waiting.told = true;
          onWait?.(key, holder);
        },
      });
    } finally {
      if (waiting.told) onWaited?.(key);
    }
  }

  async #enter(key: string, options: LockOptions): Promise<() => void> {
    const entry = this.#mutexes.get(key) ?? { mutex: new Mutex(), users: 0 };
    this.#mutexes.set(key, entry);
    entry.users += 1;
    const leave = (): void => {
      entry.users -= 1;
      if (entry.users === 0) this.#mutexes.delete(key);
    };
    const turn = entry.mutex.acquire();
    try {
      const release = await inTime(turn, key, options);
      return () => {
        release();
        leave();
      };
    } catch (error) {
      // The turn comes all the same, some time: it is passed on.
      void turn.then((release) => {
        release();
        leave();
      });
      throw error;
    }
  }
}

/** Milliseconds: a timer that is set to more fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Waits for a turn, but no longer than the options say. */
async function inTime(
  turn: Promise<MutexInterface.Releaser>,
  key: string,
  { timeoutMs, signal }: LockOptions,
): Promise<MutexInterface.Releaser> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    if (Number.isFinite(timeoutMs)) {
      // Not before a turn that is free at once had its chance.
      timer = setTimeout(
        () => {
          reject(
            new RdsctlError('LOCKED', {
              message: `${key} is locked by another operation of this process`,
              now: 'Nothing was changed.',
              details: { volume: key, holder: null },
            }),
          );
        },
        Math.min(timeoutMs, LONGEST_TIMER),
      );
    }
    onAbort = () => {
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    signal?.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([turn, tooLong]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
