import { isReason, RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Patience } from '../patience.ts';
import type { EtcdClient } from './client/client.ts';
import { compare, op, range, transact, type Op } from './client/kv.ts';
import type { Keys } from './keys.ts';
import { decodeMeta } from './meta.ts';
import { newId } from './plan.ts';
import { Session } from './session.ts';

/** Where a new generation is put. */
export interface StagingPlace {
  readonly client: EtcdClient;
  readonly keys: Keys;
  readonly wait: Patience;
}

/** A generation that is filled, and of which nobody reads yet. */
export interface Staged {
  readonly generation: string;
  /** The key that is there as long as who fills it lives: whoever turns over to it requires and removes it. */
  readonly marker: string;
  readonly createRevision: bigint;
}

/** How long a generation that is being filled outlives who fills it. */
const LEASE_SECONDS = 30;
/** Operations and bytes of a part. */
const PART = { operations: 100, bytes: 500_000 };

/**
 * Puts entries under a generation of their own, in parts, for a state that is too large for one transaction. Nobody
 * sees them until the meta key names the generation. What is cut short is left without a marker, and goes the
 * next time.
 * @param turnOver names the generation in the meta key
 * @throws RdsctlError STATE_UNWRITABLE when the marker is lost on the way; as the client does
 */
export async function withStaged<T>(
  place: StagingPlace,
  entries: ReadonlyMap<string, string>,
  turnOver: (staged: Staged) => Promise<T>,
): Promise<T> {
  const { client, wait } = place;
  await removeAbandoned(place);
  const session = new Session(client, LEASE_SECONDS);
  const generation = newId();
  try {
    const lease = await session.lease(wait);
    const staged = await mark(place, generation, lease.id);
    for (const part of partsOf(entries)) await putPart(place, staged, part);
    return await turnOver(staged);
  } finally {
    await session.close(wait);
    // Either way there is a generation too many now. What can't be removed goes the next time.
    await removeAbandoned(place).catch(() => undefined);
  }
}

async function mark(
  { client, keys, wait }: StagingPlace,
  generation: string,
  lease: bigint,
): Promise<Staged> {
  const marker = keys.staging(generation);
  const txn = {
    compare: [compare.createRevision(marker, 0n)],
    success: [op.put(marker, '', lease)],
    failure: [op.range(marker)],
  };
  const answer = await transact(client, txn, wait, 'again');
  const createRevision = answer.succeeded ? answer.revision : answer.ranges[0]?.keys[0]?.createRevision;
  if (createRevision === undefined) throw lostMarker(keys.url(marker));
  return { generation, marker, createRevision };
}

/** Not without the marker: a part that comes late, after somebody else has tidied up, changes nothing. */
async function putPart(
  { client, keys, wait }: StagingPlace,
  { generation, marker, createRevision }: Staged,
  part: readonly (readonly [string, string])[],
): Promise<void> {
  const base = keys.generation(generation);
  const success: Op[] = part.map(([entry, text]) => op.put(base + entry, text));
  const txn = { compare: [compare.createRevision(marker, createRevision)], success, failure: [] };
  const { succeeded } = await transact(client, txn, wait, 'again');
  if (!succeeded) throw lostMarker(keys.url(marker));
}

function* partsOf(entries: ReadonlyMap<string, string>): Generator<(readonly [string, string])[]> {
  let part: (readonly [string, string])[] = [];
  let bytes = 0;
  for (const [entry, text] of entries) {
    const size = entry.length + Buffer.byteLength(text);
    if (part.length > 0 && (part.length >= PART.operations || bytes + size > PART.bytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push([entry, text]);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/**
 * Removes the generations that are neither the state's nor being filled: left by who was cut short.
 * @throws as the client does
 */
export async function removeAbandoned({ client, keys, wait }: StagingPlace): Promise<void> {
  const { keys: found } = await range(client, keys.state, wait, { keysOnly: true });
  const generations = new Set(found.map(({ key }) => generationIn(keys, key)).filter((one) => one !== null));
  if (generations.size < 2) return;
  const there = new Set(found.map(({ key }) => key));
  const { keys: metas } = await range(client, keys.meta, wait);
  const [meta] = metas;
  if (meta === undefined) return;
  const current = currentOf(keys, meta.value);
  if (current === null) return;
  for (const generation of generations) {
    const marker = keys.staging(generation);
    if (generation === current || there.has(marker)) continue;
    const stillSo = [compare.modRevision(keys.meta, meta.modRevision), compare.createRevision(marker, 0n)];
    const txn = { compare: stillSo, success: [op.delete(keys.generation(generation))], failure: [] };
    await transact(client, txn, wait, 'again');
  }
}

/** Null where that can't be told: then any of them may be the state's. */
function currentOf(keys: Keys, text: string): string | null {
  try {
    return decodeMeta(text, keys.url(keys.meta)).generation;
  } catch (error) {
    if (isReason(error, 'STATE_DAMAGED', 'STATE_NEWER')) return null;
    throw error;
  }
}

/** The generation that a key belongs to; null for one that belongs to none. */
export function generationIn(keys: Keys, key: string): string | null {
  const rest = key.slice(keys.state.length);
  const slash = rest.indexOf('/');
  return slash <= 0 ? null : rest.slice(0, slash);
}

/** STATE_UNWRITABLE: somebody took it for abandoned. */
export function lostMarker(where: string): RdsctlError {
  return new RdsctlError('STATE_UNWRITABLE', {
    message: `the state can't be written: ${where}, which keeps it apart until it is whole, was lost on the way`,
    now: 'Nothing was changed.',
    hints: [
      { when: 'Run the same command again; to see that the state is whole:', run: 'rdsctl state check' },
    ],
  });
}
