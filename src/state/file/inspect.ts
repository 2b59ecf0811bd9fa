import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Inspection } from '../care.ts';
import type { State } from '../state.ts';
import { serialInName } from '../backup-name.ts';
import { listCopies } from './copies.ts';
import { causeText, systemCode, unreadable } from './faults.ts';
import { findOddities } from './oddities.ts';
import { backupsPath, markerPath, statePath } from './paths.ts';
import { readMarker, readStateFile } from './read.ts';

/** Looks at everything in a state directory. Damage is part of the answer. */
export function inspectDirectory(directory: string): Inspection {
  // Before the state is read: what changes meanwhile shows as another fingerprint later.
  const fingerprint = fingerprintOf(directory);
  const { state, fault } = attempt(() => readStateFile(directory)?.state ?? null);
  const listed = attempt(() => listCopies(directory));
  const copies = listed.state ?? [];
  const marker = attempt(() => readMarker(directory)).state;
  const lineage = marker ?? state?.lineage ?? copies.find((copy) => copy.state !== null)?.state?.lineage;
  const oddities = [
    ...(listed.fault === null
      ? []
      : [
          {
            level: 'difference' as const,
            where: backupsPath(directory),
            what: `the backups can not be read: ${causeText(listed.fault)}`,
            fix: `ls -la ${backupsPath(directory)}`,
          },
        ]),
    ...findOddities(directory, state, copies),
  ];
  return {
    state,
    fault,
    fingerprint,
    lineage: lineage ?? null,
    highestSerial: highestSerial(directory, state, copies),
    copies,
    oddities,
  };
}

function attempt<T>(read: () => T | null): { state: T | null; fault: RdsctlError | null } {
  try {
    return { state: read(), fault: null };
  } catch (error) {
    if (error instanceof RdsctlError) return { state: null, fault: error };
    return { state: null, fault: unreadable('', error) };
  }
}

/** Changes whenever the state file or its lineage marker does. */
function fingerprintOf(directory: string): string {
  const hash = createHash('sha256');
  for (const path of [statePath(directory), markerPath(directory)]) {
    try {
      const bytes = readFileSync(path);
      hash.update(`${bytes.length}:`).update(bytes);
    } catch (error) {
      const there = lstatSync(path, { throwIfNoEntry: false });
      hash.update(`${systemCode(error)} ${there?.ino ?? '-'} ${there?.mtimeMs ?? '-'}:`);
    }
  }
  return hash.digest('hex');
}

/** A serial number out of a damaged file counts only when it is not absurdly far from those that are sure. */
const PLAUSIBLE = 1_000_000;

function highestSerial(directory: string, state: State | null, copies: Inspection['copies']): number {
  const sure = Math.max(
    0,
    state?.serial ?? 0,
    ...copies.map((copy) => Math.max(copy.state?.serial ?? 0, serialInName(copy.name) ?? 0)),
  );
  if (state !== null) return sure;
  const salvaged = salvagedSerial(statePath(directory));
  return salvaged !== null && salvaged > sure && salvaged <= sure + PLAUSIBLE ? salvaged : sure;
}

function salvagedSerial(path: string): number | null {
  try {
    const digits = /"serial": (\d{1,15}),/.exec(readFileSync(path, 'latin1').slice(0, 512))?.[1];
    return digits === undefined ? null : Number(digits);
  } catch {
    // What can't be read tells none.
    return null;
  }
}
