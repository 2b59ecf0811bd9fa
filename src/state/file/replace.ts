import { lstatSync } from 'node:fs';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Inspection, Replacement } from '../care.ts';
import type { State } from '../state.ts';
import { keepAside, moveAside } from './backups.ts';
import { sealWanted } from '../changes.ts';
import { commitState } from './commit.ts';
import { encodeState } from '../envelope.ts';
import { systemCode, unwritable } from './faults.ts';
import { acquireFileLock, type LockSettings } from './file-lock.ts';
import { lockSettings, STATE_LOCK, type FileStoreOptions } from './file-store.ts';
import { inspectDirectory } from './inspect.ts';
import { lockedError } from '../lock-errors.ts';
import { listLocks } from './lock-list.ts';
import { isStateFile, markerPath, statePath } from './paths.ts';
import { sealedState } from '../sealed.ts';
import { serialiseBody } from '../serialise.ts';
import { removeTemporaries } from './temporary-file.ts';

/**
 * Puts a state in the place of what is there, good or damaged, under the state lock. What is there is kept
 * first; a crash at any instant leaves the old, the new, or something that is refused: never an empty state.
 * @throws RdsctlError CHANGED_MEANWHILE, LOCKED, STATE_UNWRITABLE, LOST_LOCK
 */
export async function replaceState(options: FileStoreOptions, replacement: Replacement): Promise<State> {
  const { directory, backups, hooks } = options;
  const settings = lockSettings(options);
  const { lineage, signal } = replacement;
  const lock = await acquireFileLock(settings, {
    name: STATE_LOCK,
    timeoutMs: options.stateLockTimeoutMs,
    ...(signal && { signal }),
  });
  try {
    removeTemporaries(directory, isStateFile);
    const now = inspectDirectory(directory);
    if (now.fingerprint !== replacement.fingerprint) throw changedMeanwhile(directory);
    await refuseWork(settings, replacement.holding);
    const body = sealWanted(replacement.body);
    const serial = Math.max(now.highestSerial + 1, replacement.serial ?? 0);
    lock.assertHeld();
    await putAside(directory, now);
    await commitState({
      directory,
      encoded: encodeState(lineage, serial, serialiseBody(body)),
      lineage,
      serial,
      previousSerial: 0,
      backups,
      lock,
      hooks,
    });
    return sealedState(lineage, serial, body);
  } finally {
    await lock.release();
  }
}

/** A command at work on a volume decides by the state that it has read. */
async function refuseWork(settings: LockSettings, holding: ReadonlySet<string>): Promise<void> {
  for (const { name, alive, holder } of await listLocks(settings)) {
    if (name === STATE_LOCK || name === 'audit' || alive === false || holding.has(name)) continue;
    throw lockedError(name, holder, 0);
  }
}

async function putAside(directory: string, { state }: Inspection): Promise<void> {
  const path = statePath(directory);
  const at = new Date();
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      await keepAside(directory, state?.serial ?? null, at);
    if (lstatSync(markerPath(directory), { throwIfNoEntry: false })?.isDirectory() === true)
      moveAside(directory, markerPath(directory), at);
  } catch (error) {
    if (error instanceof RdsctlError || systemCode(error) === '') throw error;
    throw unwritable(path, error);
  }
}

function changedMeanwhile(directory: string): RdsctlError {
  return new RdsctlError('CHANGED_MEANWHILE', {
    message: `the state in ${directory} was changed by another command meanwhile`,
    now: 'Nothing was changed by this command.',
    hints: [{ when: 'See what it is now, and run the command again:', run: 'rdsctl state check' }],
    details: { path: statePath(directory) },
  });
}
