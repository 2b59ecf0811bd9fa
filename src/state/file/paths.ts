import { join } from 'node:path';

/** The state itself. */
export function statePath(directory: string): string {
  return join(directory, 'state.json');
}

/** Copies of earlier commits. */
export function backupsPath(directory: string): string {
  return join(directory, 'backups');
}

/**
 * A small file with the lineage, made with the first commit. It outlives state.json: a state that was deleted
 * or exchanged for another one is noticed by it.
 */
export function markerPath(directory: string): string {
  return join(directory, 'lineage');
}

export function locksPath(directory: string): string {
  return join(directory, 'locks');
}

/** Whether a name in the directory is that of a file that only a holder of the state lock writes. */
export function isStateFile(name: string): boolean {
  return name === 'state.json' || name === 'lineage';
}
