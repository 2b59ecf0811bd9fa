import { damaged } from '../faults.ts';
import { sealedState } from '../sealed.ts';
import { EMPTY_STATE, type State } from '../state.ts';
import type { KeyValue } from './client/kv.ts';
import { bodyOf, type Entry } from './entries.ts';
import { STAGING, type Keys } from './keys.ts';
import { decodeMeta, type Meta } from './meta.ts';

/** A state as its keys hold it, all as of one revision. */
export interface Snapshot {
  /** Null when a state was never written. */
  readonly meta: Meta | null;
  /** The store's revision that wrote the meta key: 0 = there is none. */
  readonly metaRevision: bigint;
  /** As of which revision this holds. */
  readonly revision: bigint;
  /** Of the generation that meta names, by what stands in the key after it. */
  readonly entries: ReadonlyMap<string, Entry>;
}

/**
 * Takes a snapshot from every key below `state/`.
 * @throws RdsctlError STATE_DAMAGED, STATE_NEWER
 */
export function snapshotOf(keys: Keys, found: readonly KeyValue[], revision: bigint): Snapshot {
  const { meta, metaRevision } = metaIn(keys, found);
  if (meta === null) {
    const [other] = found;
    if (other !== undefined)
      throw damaged(keys.url(keys.meta), `it is missing, although there is ${other.key}`);
    return { meta, metaRevision, revision, entries: new Map() };
  }
  const entries = new Map<string, Entry>();
  add(entries, keys, found, meta.generation);
  return checked(keys, { meta, metaRevision, revision, entries });
}

/** What is asked to make a later snapshot of an earlier one, all as of the same revision. */
export interface Changes {
  /** The meta key: none or one. */
  readonly meta: readonly KeyValue[];
  /** The keys below `state/` that were changed since. */
  readonly changed: readonly KeyValue[];
  /** How many keys there are of the earlier snapshot's generation. */
  readonly count: number;
  readonly revision: bigint;
}

/**
 * The snapshot that comes of an earlier one and what was changed after it.
 * @returns null when that does not tell it: then everything has to be read
 */
export function laterSnapshot(keys: Keys, before: Snapshot, changes: Changes): Snapshot | null {
  if (before.meta === null) return null;
  const { meta, metaRevision } = metaIn(keys, changes.meta);
  if (meta === null || meta.generation !== before.meta.generation) return null;
  const entries = new Map(before.entries);
  add(entries, keys, changes.changed, meta.generation);
  // What was removed is not among what was changed.
  if (entries.size !== meta.entries || entries.size !== changes.count) return null;
  return checked(keys, { meta, metaRevision, revision: changes.revision, entries });
}

/**
 * Where no state is, there may be no trace of one, and nothing of somebody else's.
 * @param found every key below the prefix
 * @throws RdsctlError STATE_DAMAGED
 */
export function refuseHistory(keys: Keys, found: readonly Pick<KeyValue, 'key'>[]): void {
  if (found.some(({ key }) => key === keys.meta)) return; // The first commit has just been made.
  const where = keys.url(keys.meta);
  const copy = found.find(({ key }) => key.startsWith(keys.copies));
  if (copy !== undefined)
    throw damaged(where, `it is missing, although there is a copy of a state (${copy.key})`);
  const foreign = found.find(({ key }) => !key.startsWith(keys.locks) && !key.startsWith(keys.state));
  if (foreign !== undefined)
    throw damaged(
      where,
      `there is none, and ${foreign.key} is not a key of rdsctl: the prefix is somebody else's`,
    );
}

/** @throws RdsctlError STATE_DAMAGED */
export function stateOf(keys: Keys, { meta, entries }: Snapshot): State {
  if (meta === null) return EMPTY_STATE;
  const base = keys.generation(meta.generation);
  const body = bodyOf(entries, (entry) => keys.url(base + entry));
  return sealedState(meta.lineage, meta.serial, body);
}

function metaIn(keys: Keys, found: readonly KeyValue[]): Pick<Snapshot, 'meta' | 'metaRevision'> {
  const at = found.find(({ key }) => key === keys.meta);
  if (at === undefined) return { meta: null, metaRevision: 0n };
  return { meta: decodeMeta(at.value, keys.url(keys.meta)), metaRevision: at.modRevision };
}

/** Keys of other generations are left alone: somebody fills one, or was cut short when he removed it. */
function add(entries: Map<string, Entry>, keys: Keys, found: readonly KeyValue[], generation: string): void {
  const base = keys.generation(generation);
  for (const { key, value, modRevision } of found) {
    if (key === keys.meta) continue;
    if (!key.slice(keys.state.length).includes('/'))
      throw damaged(keys.url(key), 'it is not a key of rdsctl');
    if (key.startsWith(base) && key !== base + STAGING)
      entries.set(key.slice(base.length), { text: value, modRevision });
  }
}

/** Every commit writes the meta key, too: what is newer than that, or missing, was done by other hands. */
function checked(keys: Keys, snapshot: Snapshot): Snapshot {
  const { meta, metaRevision, entries } = snapshot;
  if (meta === null) return snapshot;
  for (const [entry, { modRevision }] of entries)
    if (modRevision > metaRevision)
      throw damaged(
        keys.url(keys.generation(meta.generation) + entry),
        'it was changed by something other than rdsctl after the last commit',
      );
  if (entries.size !== meta.entries)
    throw damaged(
      keys.url(keys.meta),
      `it says that there are ${meta.entries} keys of volumes and nodes, but there are ${entries.size}`,
    );
  return snapshot;
}
