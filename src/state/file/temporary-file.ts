import { randomBytes } from 'node:crypto';
import { readdirSync, unlinkSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from './faults.ts';
import { giveToOwner } from './owner.ts';

/**
 * A name beside `path` that no other process uses. Whoever has the lock removes the ones that are left over,
 * so a writer that lost its lock unknowingly fails when it renames.
 */
export function temporaryPath(path: string): string {
  return `${path}.tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** Makes a new file that only its owner may read, whatever the umask. */
export async function createPrivate(path: string): Promise<FileHandle> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.chmod(0o600);
    giveToOwner(path, file.fd);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Writes all of it, however little each write takes, and sees that the file is as long as it should be. */
export async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, at);
    if (bytesWritten === 0) throw new Error('the system wrote nothing');
    at += bytesWritten;
  }
  const { size } = await file.stat();
  if (size !== bytes.length) throw new Error(`the file is ${size} bytes long instead of ${bytes.length}`);
}

const TEMPORARY = /^(.+)\.tmp-\d+-[0-9a-f]{12}$/;

/** Whether {@link temporaryPath} made the name. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * Removes the temporary files of those files in a directory whose names are `ours`. To be called only under
 * the lock that guards them.
 */
export function removeTemporaries(directory: string, ours: (name: string) => boolean): void {
  for (const name of namesIn(directory)) {
    const base = TEMPORARY.exec(name)?.[1];
    if (base !== undefined && ours(base)) removeQuietly(join(directory, name));
  }
}

/** Removes a file; that it is gone already is fine, and so is that it can't be. */
export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The next writer tries again.
  }
}

/** Names in a directory; none when there is no directory. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
