import { constants, copyFileSync, linkSync, lstatSync, renameSync, statSync } from 'node:fs';
import { chmod, copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { backupName, isBackupName, keptName } from '../backup-name.ts';
import { makeDirectory, syncDirectory } from './directories.ts';
import { systemCode } from './faults.ts';
import { giveToOwner } from './owner.ts';
import { backupsPath, statePath } from './paths.ts';
import { namesIn, removeQuietly, removeTemporaries, temporaryPath } from './temporary-file.ts';

/** Where the backup of a serial number lies. */
function backupPath(directory: string, serial: number): string {
  return join(backupsPath(directory), backupName(serial));
}

/**
 * Keeps the state file as it is as the backup of `serial`: the very file, by another name, which is on disk
 * already; a copy where the file system has no hard links.
 */
export function keepBackup(directory: string, serial: number): Promise<void> {
  return keepAs(directory, backupPath(directory, serial));
}

/**
 * Keeps the state file as it is, good or not, as a copy that no commit removes.
 * @param serial null for what is not a good state
 * @returns the copy's name
 */
export async function keepAside(directory: string, serial: number | null, at: Date): Promise<string> {
  const name = freeName(directory, serial, at);
  const path = join(backupsPath(directory), name);
  // A directory has no second name.
  if (lstatSync(statePath(directory)).isDirectory()) moveAside(directory, statePath(directory), at);
  else await keepAs(directory, path);
  syncBackups(directory);
  return name;
}

/** Moves something that is in the way to the copies. */
export function moveAside(directory: string, path: string, at: Date): void {
  makeDirectory(backupsPath(directory));
  renameSync(path, join(backupsPath(directory), freeName(directory, null, at)));
}

/** A name for a kept copy that no other has. */
export function freeName(directory: string, serial: number | null, at: Date): string {
  const names = new Set(namesIn(backupsPath(directory)));
  for (let again = 0; ; again += 1) {
    const name = keptName(at, serial, again);
    if (!names.has(name)) return name;
  }
}

async function keepAs(directory: string, target: string): Promise<void> {
  makeDirectory(backupsPath(directory));
  const temporary = temporaryPath(target);
  try {
    try {
      linkSync(statePath(directory), temporary);
    } catch (error) {
      if (!['EPERM', 'EXDEV', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error)))
        throw error;
      await copyDurably(statePath(directory), temporary);
    }
    renameSync(temporary, target);
  } finally {
    // Renaming a name of a file to another name of the same file does nothing and leaves both.
    removeQuietly(temporary);
  }
}

export function syncBackups(directory: string): void {
  syncDirectory(backupsPath(directory));
}

/**
 * Puts a copy of the newest state beside the backups: should state.json be damaged in place, nothing is lost.
 * It is a bonus: it isn't waited for to be on disk, and a failure is not told.
 */
export function copyNewest(directory: string, serial: number): void {
  const temporary = temporaryPath(backupPath(directory, serial));
  try {
    makeDirectory(backupsPath(directory));
    copyFileSync(statePath(directory), temporary, constants.COPYFILE_FICLONE);
    giveToOwner(temporary);
    renameSync(temporary, backupPath(directory, serial));
  } catch {
    removeQuietly(temporary);
  }
}

/**
 * Removes the oldest backups until `keep` are left, and temporary files; nothing else in the directory. What
 * can't be removed stays: the commit is done by now.
 */
export function pruneBackups(directory: string, keep: number): void {
  const path = backupsPath(directory);
  try {
    removeTemporaries(path, isBackupName);
    const names = namesIn(path).filter(isBackupName).sort();
    for (const name of names.slice(0, Math.max(0, names.length - keep))) removeQuietly(join(path, name));
  } catch {
    // The next commit tries again.
  }
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL);
  await chmod(to, 0o600);
  giveToOwner(to);
  const file = await open(to, 'r');
  try {
    await file.sync();
    if ((await file.stat()).size !== statSync(from).size) throw new Error('the copy is not whole');
  } finally {
    await file.close();
  }
}
