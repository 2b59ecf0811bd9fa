import type { LockHolder } from './lock.ts';

/** Looks at the locks of a store, and takes away those that nobody gives back. */
export interface LockCare {
  /** Every lock, of live and of dead holders. */
  listLocks(): Promise<readonly ListedLock[]>;
  /**
   * Removes the locks whose holders are known to be dead, and returns them.
   * @param only the name of the one lock that is meant; left out = all
   */
  removeDeadLocks(only?: string): Promise<readonly ListedLock[]>;
  /** Takes a lock, named by its id, from its holder, dead or alive. False when it isn't there any more. */
  breakLock(id: string): Promise<boolean>;
}

/** A lock as it is found. */
export interface ListedLock {
  /** What is locked; where the name was too long and nobody says it, a part of it. */
  readonly name: string;
  /** Tells this holding of it from others; null when nobody says that he holds it. */
  readonly id: string | null;
  readonly holder: LockHolder | null;
  /** Whether the holder lives; null for a holder on another host, of which only {@link quietMs} is known. */
  readonly alive: boolean | null;
  /** Milliseconds since the last sign of life, by the clocks of both hosts. */
  readonly quietMs: number | null;
}
