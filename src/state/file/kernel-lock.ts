import { closeSync, constants, fchmodSync, fstatSync, openSync, statSync, unlinkSync } from 'node:fs';
import type * as NativeExtensions from 'fs-native-extensions';
import { systemCode } from './faults.ts';
import { giveToOwner } from './owner.ts';
import { isOver, pause, throwIfAborted, type Patience } from '../patience.ts';

/**
 * The lock between the processes of one host: a lock on the open file that the kernel holds and drops when
 * the holder ends, however it ends.
 *
 * Byte 0 of the file is the lock. Bytes 1 to {@link CHAIRS} are chairs on which waiters sit in the order in
 * which they came: whoever comes takes the last chair and moves up whenever the next is free, by locking it
 * and then leaving his own. The one on chair 1 takes byte 0. So nobody is overtaken, nothing needs to be
 * written, and a waiter that dies leaves its chair. One that is merely stopped is passed by the others when
 * the lock has been free for {@link PASS_AFTER_MS} and it did not take it.
 */
const CHAIRS = 32;
const POLL_MS = 8;
const STUCK_AFTER_MS = 500;
const PASS_AFTER_MS = 200;

export interface KernelLock {
  /** Whether the file at the path is still the one that is locked. */
  isCurrent(): boolean;
  /** Drops the lock; removes the file unless others wait for it. */
  release(): void;
}

type Native = Pick<typeof NativeExtensions, 'tryLock' | 'unlock'>;

/**
 * Waits for the lock.
 * @param onBusy called before each pause.
 * @returns null when it wasn't had in time.
 * @throws the signal's reason; system errors.
 */
export async function acquireKernelLock(
  path: string,
  wait: Patience,
  onBusy: () => void = () => undefined,
): Promise<KernelLock | null> {
  const native = await import('fs-native-extensions');
  for (;;) {
    throwIfAborted(wait.signal);
    const fd = openLockFile(path);
    let lock: KernelLock | null = null;
    try {
      if (!(await takeInTurn(native, fd, wait, onBusy))) return null;
      // Whoever had it last may have removed the file while we waited.
      if (isSameFile(path, fd)) lock = held(native, path, fd);
    } finally {
      if (lock === null) closeSync(fd);
    }
    if (lock !== null) return lock;
  }
}

/** Whether a live process holds the lock; false as well when there is no such file. */
export async function isKernelLockHeld(path: string): Promise<boolean> {
  const { tryLock } = await import('fs-native-extensions');
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    return !tryLock(fd, 0, 1, { shared: true });
  } finally {
    closeSync(fd);
  }
}

/** A link in its place is not followed: the state's owner may not be who locks. */
function openLockFile(path: string): number {
  const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
  const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  const { mode, uid } = fstatSync(fd);
  if ((mode & 0o777) !== 0o600) fchmodSync(fd, 0o600);
  if (uid === 0) giveToOwner(path, fd);
  return fd;
}

async function takeInTurn(
  { tryLock, unlock }: Native,
  fd: number,
  wait: Patience,
  onBusy: () => void,
): Promise<boolean> {
  // All of it at once: free, and nobody sits there.
  if (tryLock(fd, 0, CHAIRS + 1)) {
    unlock(fd, 1, CHAIRS);
    return true;
  }
  let chair = CHAIRS + 1; // Standing.
  let movedAt = performance.now();
  let freeSince: number | null = null;
  for (;;) {
    while (chair > 0 && tryLock(fd, chair - 1, 1)) {
      if (chair <= CHAIRS) unlock(fd, chair, 1);
      chair -= 1;
      movedAt = performance.now();
    }
    if (chair === 0) return true;
    const now = performance.now();
    if (chair > 1 && now - movedAt > STUCK_AFTER_MS) {
      if (!tryLock(fd, 0, 1)) {
        freeSince = null;
      } else if (freeSince !== null && now - freeSince > PASS_AFTER_MS) {
        if (chair <= CHAIRS) unlock(fd, chair, 1);
        return true;
      } else {
        unlock(fd, 0, 1);
        freeSince ??= now;
      }
    }
    if (isOver(wait)) return false;
    onBusy();
    await pause(POLL_MS, wait);
  }
}

function held({ tryLock }: Native, path: string, fd: number): KernelLock {
  let released = false;
  return {
    isCurrent: () => !released && isSameFile(path, fd),
    release: () => {
      if (released) return;
      released = true;
      try {
        // With waiters the file stays, or they would lose their chairs; the last one removes it.
        if (tryLock(fd, 1, CHAIRS) && isSameFile(path, fd)) unlinkSync(path);
      } catch {
        // The file stays: it is empty, and the next one to lock it removes it.
      } finally {
        closeSync(fd);
      }
    },
  };
}

function isSameFile(path: string, fd: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const ours = fstatSync(fd);
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}
