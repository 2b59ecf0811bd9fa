import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './faults.ts';
import { giveToOwner } from './owner.ts';

/**
 * Makes a directory that only its owner may enter, with those above it that are missing, whatever the umask;
 * they survive a power loss. One that is there stays as it is. It belongs to the owner of the one above it.
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeDirectory(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process was faster.
    if (systemCode(error) === 'EEXIST') return;
    throw error;
  }
  chmodSync(path, 0o700);
  giveToOwner(path);
  syncDirectory(above);
}

/** Makes the names in a directory survive a power loss. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
