import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { StateCopy } from '../care.ts';
import { newestFirst } from '../copy-order.ts';
import { isBackupName, isCopyName, timeInName } from '../backup-name.ts';
import { decodeState } from '../envelope.ts';
import { damaged } from '../faults.ts';
import { systemCode, unreadable } from './faults.ts';
import { backupsPath } from './paths.ts';
import { namesIn } from './temporary-file.ts';

/** Every copy in the directory of backups, newest first; a damaged one is among them. */
export function listCopies(directory: string): StateCopy[] {
  const path = backupsPath(directory);
  return namesIn(path)
    .filter(isCopyName)
    .map((name) => readCopy(join(path, name), name, isBackupName(name) ? 'automatic' : 'kept'))
    .filter((copy) => copy !== null)
    .sort(newestFirst);
}

/** Reads a copy; null when there is no such file. */
export function readCopy(path: string, name: string, kind: StateCopy['kind']): StateCopy | null {
  const copy = { name, kind, location: path };
  try {
    const bytes = readFileSync(path);
    const takenAt = timeInName(name) ?? statSync(path).mtime.toISOString();
    try {
      const { state } = decodeState(bytes, path);
      return { ...copy, takenAt, bytes: bytes.length, state, fault: null };
    } catch (error) {
      if (!(error instanceof RdsctlError)) throw error;
      return { ...copy, takenAt, bytes: bytes.length, state: null, fault: error };
    }
  } catch (error) {
    if (error instanceof RdsctlError) throw error;
    if (systemCode(error) === 'ENOENT') return null;
    const fault =
      systemCode(error) === 'EISDIR'
        ? damaged(path, 'a directory is in its place', error)
        : unreadable(path, error);
    return { ...copy, takenAt: timeInName(name), bytes: 0, state: null, fault };
  }
}
