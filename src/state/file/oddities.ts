import { lstatSync, statSync } from 'node:fs';
import type { Oddity, StateCopy } from '../care.ts';
import type { State } from '../state.ts';
import { oddCopy } from '../odd-copy.ts';
import { markerPath, statePath } from './paths.ts';
import { isTemporaryName, namesIn } from './temporary-file.ts';

/** What is not as it should be around the state file. */
export function findOddities(directory: string, state: State | null, copies: readonly StateCopy[]): Oddity[] {
  return [
    ...oddModes(directory),
    ...leftOvers(directory, state),
    ...copies.flatMap((copy) => oddCopy(copy, state, `rm ${copy.location}`)),
  ];
}

function oddModes(directory: string): Oddity[] {
  const found: Oddity[] = [];
  const file = modeOf(statePath(directory));
  if ((file & 0o077) !== 0)
    found.push({
      level: 'difference',
      where: statePath(directory),
      what: `others than its owner may use the state file (mode ${octal(file)})`,
      fix: `chmod 600 ${statePath(directory)}`,
    });
  const folder = modeOf(directory);
  if ((folder & 0o022) !== 0)
    found.push({
      level: 'difference',
      where: directory,
      what: `others than its owner may write in the state directory (mode ${octal(folder)})`,
      fix: `chmod 700 ${directory}`,
    });
  return found;
}

/** What a symbolic link leads to counts. */
function modeOf(path: string): number {
  try {
    return (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
  } catch {
    // That it can't be looked at is told by whoever reads it.
    return 0;
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function leftOvers(directory: string, state: State | null): Oddity[] {
  const found: Oddity[] = [];
  if (state !== null && lstatSync(markerPath(directory), { throwIfNoEntry: false }) === undefined)
    found.push({
      level: 'note',
      where: markerPath(directory),
      what: 'the lineage marker is missing; the next change makes it',
      fix: null,
    });
  for (const name of namesIn(directory).filter(isTemporaryName))
    found.push({
      level: 'note',
      where: `${directory}/${name}`,
      what: 'a writer that was cut short left it; the next change removes it',
      fix: null,
    });
  return found;
}
