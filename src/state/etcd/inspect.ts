import { createHash } from 'node:crypto';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { serialInName } from '../backup-name.ts';
import type { Inspection, Oddity, StateCopy } from '../care.ts';
import { oddCopy } from '../odd-copy.ts';
import type { Patience } from '../patience.ts';
import type { State } from '../state.ts';
import type { EtcdClient } from './client/client.ts';
import { range, type KeyValue } from './client/kv.ts';
import { copiesIn } from './copies.ts';
import { escapeName, type Keys } from './keys.ts';
import { refuseHistory, snapshotOf, stateOf, type Snapshot } from './snapshot.ts';
import { generationIn } from './staging.ts';

/** What is there, and what was made of it. */
export interface Inspected extends Inspection {
  /** As of which of the store's revisions. */
  readonly revision: bigint;
  /** The meta key as it is, whatever it holds; null = there is none. */
  readonly meta: KeyValue | null;
  /** Everything below `state/`. */
  readonly found: readonly KeyValue[];
  /** Those that make up the state; more than one where it can't be told which does. */
  readonly generations: readonly string[];
}

/** Looks at everything below the prefix. Damage is part of the answer. */
export async function inspectKeys(client: EtcdClient, keys: Keys, wait: Patience): Promise<Inspected> {
  const { keys: all, revision } = await range(client, keys.root, wait);
  const found = all.filter(({ key }) => key.startsWith(keys.state));
  const meta = found.find(({ key }) => key === keys.meta) ?? null;
  const copies = copiesIn(keys, all);
  const { snapshot, state, fault } = attempt(keys, all, found, revision);
  const generation = snapshot?.meta?.generation ?? null;
  return {
    state,
    fault,
    fingerprint: fingerprintOf(keys, found, generation),
    lineage:
      state?.lineage ??
      salvaged(meta, 'lineage') ??
      copies.find((copy) => copy.state)?.state?.lineage ??
      null,
    highestSerial: highestSerial(meta, state, copies),
    copies,
    oddities: [
      ...leftOvers(keys, found, generation),
      ...foreignKeys(keys, all),
      ...copies.flatMap((copy) => oddCopy(copy, state, removalOf(keys, copy))),
    ],
    revision,
    meta,
    found,
    generations: generation === null ? unfilled(keys, found) : [generation],
  };
}

function attempt(
  keys: Keys,
  all: readonly KeyValue[],
  found: readonly KeyValue[],
  revision: bigint,
): { snapshot: Snapshot | null; state: State | null; fault: RdsctlError | null } {
  try {
    const snapshot = snapshotOf(keys, found, revision);
    if (snapshot.meta !== null) return { snapshot, state: stateOf(keys, snapshot), fault: null };
    refuseHistory(keys, all);
    return { snapshot: null, state: null, fault: null };
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return { snapshot: null, state: null, fault: error };
  }
}

/** Changes whenever a key of the state does. What is being filled, or was left over, is no part of it. */
function fingerprintOf(keys: Keys, found: readonly KeyValue[], generation: string | null): string {
  const hash = createHash('sha256');
  for (const { key, value, modRevision } of found) {
    const its = generationIn(keys, key);
    if (its === null || generation === null || its === generation)
      hash.update(`${key.length}:${key}${modRevision}:${value.length}:${value}`);
  }
  return hash.digest('hex');
}

/** A serial number out of a damaged key counts only when it is not absurdly far from those that are sure. */
const PLAUSIBLE = 1_000_000;

function highestSerial(meta: KeyValue | null, state: State | null, copies: readonly StateCopy[]): number {
  const sure = Math.max(
    0,
    state?.serial ?? 0,
    ...copies.map((copy) => Math.max(copy.state?.serial ?? 0, serialInName(copy.name) ?? 0)),
  );
  if (state !== null) return sure;
  const told = Number(salvaged(meta, 'serial') ?? 0);
  return told > sure && told <= sure + PLAUSIBLE ? told : sure;
}

/** A field out of a meta key that may be damaged. */
function salvaged(meta: KeyValue | null, field: 'lineage' | 'serial'): string | null {
  const text = meta?.value ?? '';
  return (
    (field === 'lineage' ? /"lineage":"([0-9a-f-]{36})"/ : /"serial":(\d{1,15})[,}]/).exec(text)?.[1] ?? null
  );
}

/** Every generation that nobody fills just now. */
function unfilled(keys: Keys, found: readonly KeyValue[]): string[] {
  const all = new Set(found.map(({ key }) => generationIn(keys, key)).filter((one) => one !== null));
  return [...all].filter((one) => !found.some(({ key }) => key === keys.staging(one)));
}

function leftOvers(keys: Keys, found: readonly KeyValue[], generation: string | null): Oddity[] {
  if (generation === null) return [];
  const others = new Set(found.map(({ key }) => generationIn(keys, key)));
  others.delete(null);
  others.delete(generation);
  return [...others].map((other) => {
    const key = keys.generation(other ?? '');
    const isFilled = found.some((one) => one.key === keys.staging(other ?? ''));
    const what = isFilled
      ? 'somebody puts a new state there just now'
      : 'a replacement that was cut short left it; the next one removes it';
    return { level: 'note', where: keys.url(key), what, fix: null };
  });
}

function foreignKeys(keys: Keys, all: readonly KeyValue[]): Oddity[] {
  return all
    .filter(({ key }) => ![keys.state, keys.locks, keys.copies].some((own) => key.startsWith(own)))
    .map(({ key }) => ({
      level: 'difference',
      where: keys.url(key),
      what: 'it is not a key of rdsctl: another program uses the prefix, too',
      fix: `etcdctl get ${key}`,
    }));
}

function removalOf(keys: Keys, { name }: StateCopy): string {
  return `etcdctl del --prefix ${keys.copies}${escapeName(name)}/`;
}
