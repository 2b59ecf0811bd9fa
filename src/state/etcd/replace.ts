import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Replacement } from '../care.ts';
import { sealWanted } from '../changes.ts';
import { encodeState } from '../envelope.ts';
import { lockedError } from '../lock-errors.ts';
import { isOver, pause, throwIfAborted, type Patience } from '../patience.ts';
import { sealedState } from '../sealed.ts';
import { serialiseBody } from '../serialise.ts';
import type { State } from '../state.ts';
import { OutcomeUnknown, type EtcdClient } from './client/client.ts';
import { compare, op, range, transact, type Txn } from './client/kv.ts';
import { writeCopy } from './copies.ts';
import { entriesOf } from './entries.ts';
import { inspectKeys, type Inspected } from './inspect.ts';
import type { Keys } from './keys.ts';
import { listLocks } from './lock-list.ts';
import { encodeMeta, type Meta } from './meta.ts';
import { newId } from './plan.ts';
import { outcomeUnknown } from './outcome-unknown.ts';
import { lostMarker, withStaged, type Staged } from './staging.ts';

/**
 * Puts a state in the place of what is there, good or damaged. What is there is kept as a copy first; the new one
 * is put beside it, and takes its place in one transaction. Cut short at any instant, the old one is there as
 * it was, or the new one, whole.
 * @throws RdsctlError CHANGED_MEANWHILE, LOCKED, STATE_UNWRITABLE, STATE_OUTCOME_UNKNOWN, as the client does
 */
export async function replaceState(
  client: EtcdClient,
  keys: Keys,
  replacement: Replacement,
  wait: Patience,
): Promise<State> {
  throwIfAborted(wait.signal);
  const now = await inspectKeys(client, keys, wait);
  if (now.fingerprint !== replacement.fingerprint) throw changedMeanwhile(keys);
  await refuseWork(client, keys, replacement.holding, wait);
  const body = sealWanted(replacement.body);
  const entries = entriesOf(body);
  if (now.found.length > 0) await keepAside(client, keys, now, wait);
  const serial = Math.max(now.highestSerial + 1, replacement.serial ?? 0);
  const id = newId();
  const meta = { lineage: replacement.lineage, serial, entries: entries.size, commits: [id] };
  await withStaged({ client, keys, wait }, entries, (staged) => {
    const next = { ...meta, generation: staged.generation };
    return turnOver({ client, keys, wait, now, staged, meta: next, holding: replacement.holding });
  });
  return sealedState(replacement.lineage, serial, body);
}

interface Turning {
  readonly client: EtcdClient;
  readonly keys: Keys;
  readonly wait: Patience;
  readonly now: Inspected;
  readonly staged: Staged;
  readonly meta: Meta;
  readonly holding: ReadonlySet<string>;
}

/** Names the new generation in the meta key, provided that nothing changed and nobody began to work meanwhile. */
async function turnOver(turning: Turning): Promise<void> {
  const { client, keys, now, staged, holding } = turning;
  for (;;) {
    throwIfAborted(turning.wait.signal);
    // Asked before: the transaction then makes sure that nobody took a place in a lock's queue since.
    const locksAsOf = await refuseWork(client, keys, holding, turning.wait);
    const wait = { ...turning.wait, signal: undefined };
    try {
      const { succeeded } = await transact(client, transactionOf(turning, locksAsOf), wait, 'tell');
      if (succeeded || (await isDone(turning))) return;
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw error;
      const done = await isDone(turning).catch(() => null);
      if (done === true) return;
      if (done === null || isOver(wait)) throw outcomeUnknown(keys, error);
      await pause(50, wait);
    }
    const { keys: markers } = await range(client, staged.marker, wait);
    if (markers[0]?.createRevision !== staged.createRevision) throw lostMarker(keys.url(staged.marker));
    const again = await inspectKeys(client, keys, wait);
    if (again.fingerprint !== now.fingerprint) throw changedMeanwhile(keys);
  }
}

function transactionOf({ keys, now, staged, meta }: Turning, locksAsOf: bigint): Txn {
  const replaced = now.generations.map((generation) => keys.generation(generation));
  return {
    compare: [
      compare.modRevision(keys.meta, now.meta?.modRevision ?? 0n),
      compare.createRevision(staged.marker, staged.createRevision),
      compare.noneNewSince(keys.locks, locksAsOf),
      ...replaced.map((base) => compare.unchangedSince(base, now.revision)),
    ],
    success: [op.delete(staged.marker), op.put(keys.meta, encodeMeta(meta))],
    failure: [],
  };
}

async function isDone({ client, keys, wait, meta }: Turning): Promise<boolean> {
  const { keys: found } = await range(client, keys.meta, { ...wait, signal: undefined });
  const [id = ''] = meta.commits;
  // What can't be read is not what was sent.
  return found[0]?.value.includes(id) === true;
}

/**
 * A command at work on a volume decides by the state that it has read.
 * @returns as of which revision of the store nobody was at work
 */
async function refuseWork(
  client: EtcdClient,
  keys: Keys,
  holding: ReadonlySet<string>,
  wait: Patience,
): Promise<bigint> {
  const { revision } = await range(client, keys.locks, wait, { keysOnly: true, limit: 1 });
  for (const { name, alive, holder } of await listLocks(client, keys, wait))
    if (alive !== false && !holding.has(name)) throw lockedError(name, holder, 0);
  return revision;
}

/** What is no good state is kept key by key, for whoever looks into it. */
async function keepAside(client: EtcdClient, keys: Keys, now: Inspected, wait: Patience): Promise<void> {
  const { state, found } = now;
  if (state !== null) {
    const { bytes } = encodeState(state.lineage, state.serial, serialiseBody(state));
    await writeCopy(client, keys, bytes.toString(), state.serial, wait);
    return;
  }
  const dump = Object.fromEntries(found.map(({ key, value }) => [key, value]));
  await writeCopy(client, keys, `${JSON.stringify(dump, null, 2)}\n`, null, wait);
}

function changedMeanwhile(keys: Keys): RdsctlError {
  return new RdsctlError('CHANGED_MEANWHILE', {
    message: `the state at ${keys.url(keys.meta)} was changed by another command meanwhile`,
    now: 'Nothing was changed by this command.',
    hints: [{ when: 'See what it is now, and run the command again:', run: 'rdsctl state check' }],
    details: { path: keys.url(keys.meta) },
  });
}
