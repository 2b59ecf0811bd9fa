import { existsSync, linkSync, renameSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { StateCare, StateCopy } from '../care.ts';
import { freeName } from './backups.ts';
import { listCopies, readCopy } from './copies.ts';
import { makeDirectory, syncDirectory } from './directories.ts';
import { encodeState } from '../envelope.ts';
import { causeText, systemCode, unwritable } from './faults.ts';
import { lockSettings, type FileStoreOptions } from './file-store.ts';
import { inspectDirectory } from './inspect.ts';
import { breakLock, listLocks, removeDeadLocks } from './lock-list.ts';
import { backupsPath, statePath } from './paths.ts';
import { readStateFile } from './read.ts';
import { replaceState } from './replace.ts';
import { createPrivate, removeQuietly, temporaryPath, writeAll } from './temporary-file.ts';

/** The care of a state in a directory. */
export function openFileCare(options: FileStoreOptions): StateCare {
  const { directory } = options;
  const locks = lockSettings(options);
  return {
    location: statePath(directory),
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface's; small files are read at once
    inspect: async () => inspectDirectory(directory),
    // eslint-disable-next-line @typescript-eslint/require-await -- the same
    copy: async (name) => findCopy(directory, name),
    backup: (file, overwrite) => backup(directory, file, overwrite),
    replace: (replacement) => replaceState(options, replacement),
    listLocks: () => listLocks(locks),
    removeDeadLocks: (only) => removeDeadLocks(locks, only),
    breakLock: (id) => breakLock(locks, id),
  };
}

function findCopy(directory: string, name: string): StateCopy {
  const copies = listCopies(directory);
  const serial = /^\d{1,15}$/.test(name) ? Number(name) : null;
  const found =
    copies.find((copy) => copy.name === name || copy.name === `${name}.json`) ??
    copies.find(({ state }) => serial !== null && state?.serial === serial) ??
    (serial === null ? readCopy(resolve(name), resolve(name), 'kept') : null);
  if (found !== null) return found;
  throw new RdsctlError('BAD_ARGUMENT', {
    message: `there is no backup ${name}: neither among those in ${backupsPath(directory)} nor as a file`,
    now: 'Nothing was changed.',
    hints: [{ when: 'See those that there are:', run: 'rdsctl state restore --list' }],
    details: { backup: name },
  });
}

async function backup(directory: string, file: string | null, overwrite: boolean): Promise<StateCopy> {
  const found = readStateFile(directory);
  if (found === null)
    throw new RdsctlError('STATE_UNREADABLE', {
      message: `there is no state at ${statePath(directory)} yet: nothing was ever attached`,
      now: 'Nothing was changed.',
      details: { path: statePath(directory) },
    });
  const { state, bodyText } = found;
  const { bytes } = encodeState(state.lineage, state.serial, bodyText);
  const at = new Date();
  let path = file === null ? '' : resolve(file);
  try {
    if (file === null) {
      makeDirectory(backupsPath(directory));
      path = join(backupsPath(directory), freeName(directory, state.serial, at));
    } else if (dirname(path) === resolve(directory)) {
      throw refusedPlace(path);
    }
    await writeWhole(path, bytes, overwrite);
  } catch (error) {
    if (error instanceof RdsctlError) throw error;
    if (file === null) throw unwritable(path, error);
    throw new RdsctlError(
      systemCode(error) === 'EEXIST' ? 'BAD_ARGUMENT' : 'LOCAL_IO',
      notWritten(path, error),
    );
  }
  const copy = readCopy(path, file === null ? basename(path) : path, 'kept');
  if (copy?.state?.serial === state.serial) return copy;
  throw new RdsctlError('LOCAL_IO', {
    message: `the backup ${path} was written, but does not read back whole`,
    now: 'Do not rely on it.',
    details: { path },
  });
}

/** Writes a file that is there as a whole or not at all, and survives a power loss. */
async function writeWhole(path: string, bytes: Buffer, overwrite: boolean): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    const handle = await createPrivate(temporary);
    try {
      await writeAll(handle, bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (overwrite) renameSync(temporary, path);
    else placeNew(temporary, path);
    syncDirectory(dirname(path));
  } finally {
    removeQuietly(temporary);
  }
}

/** Gives a file its name unless there is one of that name; some file systems have no second names. */
function placeNew(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST' || existsSync(path)) throw error;
    renameSync(temporary, path);
  }
}

function notWritten(path: string, error: unknown): ConstructorParameters<typeof RdsctlError>[1] {
  const isThere = systemCode(error) === 'EEXIST';
  return {
    message: isThere
      ? `${path} is there already`
      : `the backup ${path} can't be written: ${causeText(error)}`,
    now: 'Nothing was changed.',
    hints: isThere ? [{ when: 'To put the backup in its place, add:', run: '--yes' }] : [],
    details: { path },
    cause: error,
  };
}

function refusedPlace(path: string): RdsctlError {
  return new RdsctlError('BAD_ARGUMENT', {
    message: `${path} is in the state directory itself, where the state's own files are`,
    now: 'Nothing was changed.',
    hints: [{ when: 'To keep a copy beside the state, name no file:', run: 'rdsctl state backup' }],
    details: { path },
  });
}
