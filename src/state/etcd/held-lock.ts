import { lostError } from '../lock-errors.ts';
import type { Lock, LockRequest } from '../lock.ts';
import { acquire, leave, type Locking, type Place } from './acquire.ts';
import type { Guard } from './commit.ts';

/** The locks that a store holds. */
export class HeldLocks {
  readonly #locking: Locking;
  readonly #held = new Map<Place, { readonly name: string; readonly lock: Lock }>();

  constructor(locking: Locking) {
    this.#locking = locking;
  }

  /** @throws RdsctlError LOCKED, the signal's reason, or as the client does */
  async take(request: LockRequest): Promise<Lock> {
    const place = await acquire(this.#locking, request);
    const { name } = request;
    const { key, lease } = place;
    lease.hold(key);
    let released: Promise<void> | null = null;
    const release = async (): Promise<void> => {
      this.#held.delete(place);
      lease.letGo(key);
      await leave(this.#locking, place);
    };
    const lock: Lock = {
      name,
      assertHeld: () => {
        if (released !== null) throw lostError(name, 'it was released', null);
        const lost = lease.lost() ?? (lease.isGone(key) ? 'it was taken away' : null);
        if (lost !== null) throw lostError(name, lost, null);
      },
      release: () => (released ??= release()),
    };
    this.#held.set(place, { name, lock });
    return lock;
  }

  /** What must still be there when something about these is committed. */
  guardsOf(names: ReadonlySet<string>): Guard[] {
    return [...this.#held]
      .filter(([, { name }]) => names.has(name))
      .map(([{ key, createRevision }, { name }]) => ({ name, key, createRevision }));
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ lock }) => lock.release()));
  }
}
