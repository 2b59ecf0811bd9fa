import { dirname, join, resolve } from 'node:path';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { StateCare, StateCopy } from '../care.ts';
import { namedCopy, readBack, writeBackupFile, writeWhole } from './backup-file.ts';
import { freeName } from './backups.ts';
import { listCopies } from './copies.ts';
import { makeDirectory } from './directories.ts';
import { encodeState } from '../envelope.ts';
import { unwritable } from './faults.ts';
import { lockSettings, type FileStoreOptions } from './file-store.ts';
import { inspectDirectory } from './inspect.ts';
import { breakLock, listLocks, removeDeadLocks } from './lock-list.ts';
import { backupsPath, statePath } from './paths.ts';
import { readStateFile } from './read.ts';
import { replaceState } from './replace.ts';

/** The care of a state in a directory. */
export function openFileCare(options: FileStoreOptions): StateCare {
  const { directory } = options;
  const locks = lockSettings(options);
  return {
    location: statePath(directory),
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface's; small files are read at once
    inspect: async () => inspectDirectory(directory),
    // eslint-disable-next-line @typescript-eslint/require-await -- the same
    copy: async (name) => namedCopy(listCopies(directory), name, backupsPath(directory)),
    backup: (file, overwrite) => backup(directory, file, overwrite),
    replace: (replacement) => replaceState(options, replacement),
    listLocks: () => listLocks(locks),
    removeDeadLocks: (only) => removeDeadLocks(locks, only),
    breakLock: (id) => breakLock(locks, id),
  };
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
  if (file !== null) {
    if (dirname(resolve(file)) === resolve(directory)) throw refusedPlace(resolve(file));
    return writeBackupFile(file, bytes, overwrite);
  }
  const name = freeName(directory, state.serial, new Date());
  const path = join(backupsPath(directory), name);
  try {
    makeDirectory(backupsPath(directory));
    await writeWhole(path, bytes, false);
  } catch (error) {
    throw unwritable(path, error);
  }
  return readBack(path, name);
}

function refusedPlace(path: string): RdsctlError {
  return new RdsctlError('BAD_ARGUMENT', {
    message: `${path} is in the state directory itself, where the state's own files are`,
    now: 'Nothing was changed.',
    hints: [{ when: 'To keep a copy beside the state, name no file:', run: 'rdsctl state backup' }],
    details: { path },
  });
}
