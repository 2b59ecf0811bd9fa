import { renameSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { isReason, RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Lock } from '../lock.ts';
import { copyNewest, keepBackup, pruneBackups, syncBackups } from './backups.ts';
import { syncDirectory } from './directories.ts';
import type { Encoded } from '../envelope.ts';
import { systemCode, unwritable } from './faults.ts';
import { lostError } from '../lock-errors.ts';
import { markerPath, statePath } from './paths.ts';
import { readMarker } from './read.ts';
import type { StepHooks } from '../step-hooks.ts';
import { step, type Step } from './steps.ts';
import { createPrivate, removeQuietly, temporaryPath, writeAll } from './temporary-file.ts';

/** A state that is to take the place of another. */
export interface Commit {
  readonly directory: string;
  readonly encoded: Encoded;
  readonly lineage: string;
  readonly serial: number;
  /** The serial number of the state that is there now; 0 = none. */
  readonly previousSerial: number;
  /** How many backups to keep. */
  readonly backups: number;
  /** The lock that guards the state. */
  readonly lock: Lock;
  readonly hooks: StepHooks | undefined;
}

/**
 * Writes a state so that at every instant, also after a power loss, either the old or the new one is there,
 * whole. On return the new one is, and survives.
 * @throws RdsctlError STATE_UNWRITABLE, LOST_LOCK.
 */
export async function commitState(commit: Commit): Promise<void> {
  const { directory, lock, hooks } = commit;
  const path = statePath(directory);
  const temporary = temporaryPath(path);
  const progress = { inPlace: false };
  const at = <T>(name: Step, action: () => T | Promise<T>): Promise<T> => step(hooks, name, action);
  try {
    await writeTemporary(temporary, commit.encoded.bytes, at);
    if (commit.backups > 0 && commit.previousSerial > 0) {
      await at('backup-keep', () => {
        // Else what is there now may be a later state than the one that is to be kept.
        lock.assertHeld();
        return keepBackup(directory, commit.previousSerial);
      });
      await at('backup-fsync', () => syncBackups(directory));
    }
    await at('rename', () => {
      lock.assertHeld();
      renameSync(temporary, path);
      progress.inPlace = true;
    });
    await at('directory-fsync', () => syncDirectory(directory));
    if (!isMarked(directory, commit.lineage))
      await at('marker', () => writeMarker(directory, commit.lineage));
  } catch (error) {
    removeQuietly(temporary);
    if (error instanceof RdsctlError) throw error;
    if (!progress.inPlace && systemCode(error) === 'ENOENT' && failedRename(error))
      throw lostError(
        lock.name,
        'the one who took it over removed the file that was to become the state',
        null,
      );
    throw unwritable(path, error, progress.inPlace ? NOT_DURABLE : undefined);
  }
  await at('backup-copy', () => {
    if (commit.backups > 0) copyNewest(directory, commit.serial);
  });
  await at('prune', () => pruneBackups(directory, commit.backups));
}

const NOT_DURABLE = 'The new state is in place, but may not survive a power loss.';

type At = <T>(name: Step, action: () => T | Promise<T>) => Promise<T>;

async function writeTemporary(path: string, bytes: Buffer, at: At): Promise<void> {
  // Noted within the step, so that it is closed also when what follows the step fails.
  const opened: FileHandle[] = [];
  try {
    await at('temp-create', async () => opened.push(await createPrivate(path)));
    for (const file of opened) {
      await at('temp-write', () => writeAll(file, bytes));
      await at('temp-fsync', () => file.sync());
    }
  } finally {
    for (const file of opened) await file.close();
  }
}

/** A marker that makes no sense is written anew: the state in place is the one that belongs here. */
function isMarked(directory: string, lineage: string): boolean {
  try {
    return readMarker(directory) === lineage;
  } catch (error) {
    if (isReason(error, 'STATE_DAMAGED')) return false;
    throw error;
  }
}

async function writeMarker(directory: string, lineage: string): Promise<void> {
  const path = markerPath(directory);
  const temporary = temporaryPath(path);
  try {
    const file = await createPrivate(temporary);
    try {
      await writeAll(file, Buffer.from(`${lineage}\n`));
      await file.sync();
    } finally {
      await file.close();
    }
    renameSync(temporary, path);
    syncDirectory(directory);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

function failedRename(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'rename';
}
