import { isBackupName, isDamagedName, serialInName } from './backup-name.ts';
import type { Oddity, StateCopy } from './care.ts';
import { serialiseBody } from './serialise.ts';
import type { State } from './state.ts';

/**
 * What is not as it should be about a copy.
 * @param state the state as it is; null when it can't be used
 * @param removal the command that removes the copy
 */
export function oddCopy(copy: StateCopy, state: State | null, removal: string): Oddity[] {
  const { name, location: where, fault } = copy;
  const difference = (what: string, fix: string): Oddity[] => [{ level: 'difference', where, what, fix }];
  if (isDamagedName(name))
    return [{ level: 'note', where, what: 'put aside as damaged when it was replaced', fix: null }];
  if (copy.state === null)
    return difference(`the backup can not be used: ${fault?.message ?? 'nobody knows why'}`, removal);
  if (isBackupName(name) && serialInName(name) !== copy.state.serial)
    return difference(`the backup is of serial ${copy.state.serial}, which its name does not say`, removal);
  if (state === null) return [];
  if (copy.state.lineage !== state.lineage)
    return copy.kind === 'kept'
      ? []
      : difference(`the backup is of another lineage (${copy.state.lineage})`, removal);
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
