import { existsSync, linkSync, renameSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { StateCopy } from '../care.ts';
import { readCopy } from './copies.ts';
import { syncDirectory } from './directories.ts';
import { causeText, systemCode } from './faults.ts';
import { createPrivate, removeQuietly, temporaryPath, writeAll } from './temporary-file.ts';

/**
 * A copy by its name among those of a store, by its serial number, or as a file.
 * @param where the store keeps them, for messages
 * @throws RdsctlError BAD_ARGUMENT when there is none
 */
export function namedCopy(copies: readonly StateCopy[], name: string, where: string): StateCopy {
  const serial = /^\d{1,15}$/.test(name) ? Number(name) : null;
  const found =
    copies.find((copy) => copy.name === name || copy.name === `${name}.json`) ??
    copies.find(({ state }) => serial !== null && state?.serial === serial) ??
    (serial === null ? readCopy(resolve(name), resolve(name), 'kept') : null);
  if (found !== null) return found;
  throw new RdsctlError('BAD_ARGUMENT', {
    message: `there is no backup ${name}: neither among those in ${where} nor as a file`,
    now: 'Nothing was changed.',
    hints: [{ when: 'See those that there are:', run: 'rdsctl state restore --list' }],
    details: { backup: name },
  });
}

/**
 * Writes a copy of a state to a file that the operator names.
 * @param bytes of a state file
 * @throws RdsctlError BAD_ARGUMENT when it is there and may not be overwritten; LOCAL_IO
 */
export async function writeBackupFile(file: string, bytes: Buffer, overwrite: boolean): Promise<StateCopy> {
  const path = resolve(file);
  try {
    await writeWhole(path, bytes, overwrite);
  } catch (error) {
    throw new RdsctlError(
      systemCode(error) === 'EEXIST' ? 'BAD_ARGUMENT' : 'LOCAL_IO',
      notWritten(path, error),
    );
  }
  return readBack(path, path);
}

/** Reads a copy that was just written. @throws RdsctlError LOCAL_IO when it is not whole */
export function readBack(path: string, name: string): StateCopy {
  const copy = readCopy(path, name, 'kept');
  if (copy !== null && copy.state !== null) return copy;
  throw new RdsctlError('LOCAL_IO', {
    message: `the backup ${path} was written, but does not read back whole`,
    now: 'Do not rely on it.',
    details: { path },
  });
}

/** Writes a file that is there as a whole or not at all, and survives a power loss. */
export async function writeWhole(path: string, bytes: Buffer, overwrite: boolean): Promise<void> {
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
