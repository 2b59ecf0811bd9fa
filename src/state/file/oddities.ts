import { lstatSync, statSync } from 'node:fs';
import type { Oddity, StateCopy } from '../care.ts';
import type { State } from '../state.ts';
import { isBackupName, isDamagedName, serialInName } from '../backup-name.ts';
import { markerPath, statePath } from './paths.ts';
import { serialiseBody } from '../serialise.ts';
import { isTemporaryName, namesIn } from './temporary-file.ts';

/** What is not as it should be around the state file. */
export function findOddities(directory: string, state: State | null, copies: readonly StateCopy[]): Oddity[] {
  return [
    ...oddModes(directory),
    ...leftOvers(directory, state),
    ...copies.flatMap((copy) => oddCopy(copy, state)),
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

function oddCopy(copy: StateCopy, state: State | null): Oddity[] {
  const { name, location: where, fault } = copy;
  const difference = (what: string, fix: string): Oddity[] => [{ level: 'difference', where, what, fix }];
  if (isDamagedName(name))
    return [{ level: 'note', where, what: 'put aside as damaged when it was replaced', fix: null }];
  if (copy.state === null)
    return difference(`the backup can not be used: ${fault?.message ?? 'nobody knows why'}`, `rm ${where}`);
  if (isBackupName(name) && serialInName(name) !== copy.state.serial)
    return difference(
      `the backup is of serial ${copy.state.serial}, which its name does not say`,
      `rm ${where}`,
    );
  if (state === null) return [];
  if (copy.state.lineage !== state.lineage)
    return copy.kind === 'kept'
      ? []
      : difference(`the backup is of another lineage (${copy.state.lineage})`, `rm ${where}`);
  if (copy.state.serial > state.serial)
    return difference(
      `the backup is newer (serial ${copy.state.serial}) than the state (serial ${state.serial}): the state went back`,
      `rdsctl state restore ${name}`,
    );
  if (copy.state.serial === state.serial && serialiseBody(copy.state) !== serialiseBody(state))
    return difference(
      `the backup has the state's serial (${state.serial}) and another content: one of them was forged, or written by a second history`,
      'rdsctl state rebuild',
    );
  return [];
}
