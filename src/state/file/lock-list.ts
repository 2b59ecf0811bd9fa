import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ListedLock } from '../lock-care.ts';
import { acquireFileLock, lockPaths, type LockSettings } from './file-lock.ts';
import { isKernelLockHeld } from './kernel-lock.ts';
import { holderOf, readLink, removeLink, thisMachine, touchedAt } from './lock-link.ts';
import { decodeName, encodeName } from './lock-name.ts';
import { isReason } from '../../errors/rdsctl-error.ts';
import { namesIn } from './temporary-file.ts';

/** Every lock, by name. One that is taken or released meanwhile may or may not be among them. */
export async function listLocks({ directory }: LockSettings): Promise<readonly ListedLock[]> {
  const names = namesIn(directory);
  const machine = thisMachine();
  const locks: ListedLock[] = [];
  const kernelEnd = `@${encodeName(hostname())}`;
  for (const file of names.filter((name) => name.endsWith('.lock'))) {
    const link = readLink(join(directory, file));
    if (link === null) continue;
    const base = file.slice(0, -'.lock'.length);
    const { mark } = link;
    const touched = touchedAt(join(directory, file));
    locks.push({
      name: mark?.name ?? decodeName(base) ?? base,
      id: mark?.id ?? null,
      holder: mark && holderOf(mark),
      alive: mark?.machine === machine ? await isKernelLockHeld(join(directory, base + kernelEnd)) : null,
      quietMs: touched === null ? null : Math.max(0, Math.round(Date.now() - touched)),
    });
  }
  for (const file of names.filter((name) => name.endsWith(kernelEnd))) {
    const base = file.slice(0, -kernelEnd.length);
    if (names.includes(`${base}.lock`)) continue;
    const alive = await isKernelLockHeld(join(directory, file));
    locks.push({ name: decodeName(base) ?? base, id: null, holder: null, alive, quietMs: null });
  }
  return locks.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Removes what dead processes of this host left. @param only of this lock; left out = of all */
export async function removeDeadLocks(settings: LockSettings, only?: string): Promise<readonly ListedLock[]> {
  const removed: ListedLock[] = [];
  for (const lock of await listLocks(settings)) {
    if (lock.alive !== false || (only !== undefined && lock.name !== only)) continue;
    try {
      const taken = await acquireFileLock(settings, { name: lock.name, timeoutMs: 0 });
      await taken.release();
      removed.push(lock);
    } catch (error) {
      if (!isReason(error, 'LOCKED')) throw error;
    }
  }
  return removed;
}

/** Removes a lock's link whoever holds it; its holder finds out before its next change. */
export async function breakLock(settings: LockSettings, id: string): Promise<boolean> {
  const lock = (await listLocks(settings)).find((one) => one.id === id);
  if (lock === undefined) return false;
  const paths = lockPaths(settings.directory, lock.name);
  const link = readLink(paths.link);
  if (link?.mark?.id !== id) return false;
  return removeLink(paths.link, link.text, `${paths.aside}-${process.pid}`);
}
