import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { isOver, pause, type Patience } from '../patience.ts';
import { OutcomeUnknown, type EtcdClient } from './client/client.ts';
import { compare, op, transact, type Compare, type Txn, type TxnAnswer } from './client/kv.ts';
import type { Entry } from './entries.ts';
import type { Keys } from './keys.ts';
import { encodeMeta, REMEMBERED } from './meta.ts';
import { MAX_BYTES, nested } from './nest.ts';
import { outcomeUnknown } from './outcome-unknown.ts';
import type { Plan } from './plan.ts';
import type { Reader } from './reader.ts';
import type { Snapshot } from './snapshot.ts';
import type { Staged } from './staging.ts';

/** A lock's key as it must be when something is committed under the lock. */
export interface Guard {
  readonly name: string;
  readonly key: string;
  readonly createRevision: bigint;
}

/** What became of a commit. Only after `done` anything is changed. */
export type Outcome =
  | { readonly kind: 'done'; readonly snapshot: Snapshot }
  /** Somebody else was first: that is the state now. */
  | { readonly kind: 'changed'; readonly snapshot: Snapshot }
  /** That lock is no longer held. */
  | { readonly kind: 'lost'; readonly lock: string };

export interface Commit {
  readonly client: EtcdClient;
  readonly keys: Keys;
  readonly reader: Reader;
  readonly wait: Patience;
  /** What it is based on: must still be the state. */
  readonly before: Snapshot;
  readonly plan: Plan;
  readonly guards: readonly Guard[];
}

/** A commit as a transaction; null when it is too large for one. */
export function transactionOf(commit: Commit): Txn | null {
  const { keys, before, plan } = commit;
  const base = keys.generation(plan.meta.generation);
  const texts = plan.changed.map((entry) => [base + entry, plan.entries.get(entry) ?? ''] as const);
  const bytes = texts.reduce((sum, [key, text]) => sum + Buffer.byteLength(text) + key.length + 32, 0);
  if (bytes > MAX_BYTES) return null;
  const writes = [
    ...texts.map(([key, text]) => op.put(key, text)),
    ...plan.removed.map((entry) => op.delete(base + entry)),
    op.put(keys.meta, encodeMeta(plan.meta)),
  ];
  const { compare: comparisons, failure } = conditionsOf(commit, entryComparisons(base, before, plan));
  const success = nested(writes, Math.max(comparisons.length, failure.length));
  return success && { compare: comparisons, success, failure };
}

/** A commit whose entries stand under a generation of their own already, which takes the old one's place. */
export function turnoverOf(commit: Commit, staging: Staged): Txn {
  const { keys, before, plan } = commit;
  const old = keys.generation(before.meta?.generation ?? staging.generation);
  const { compare: comparisons, failure } = conditionsOf(commit, [
    compare.createRevision(staging.marker, staging.createRevision),
    ...(before.meta === null ? [] : [compare.unchangedSince(old, before.metaRevision)]),
  ]);
  const success = [op.delete(staging.marker), op.put(keys.meta, encodeMeta(plan.meta))];
  return { compare: comparisons, success, failure };
}

/** What must hold, and what is asked when it doesn't. */
function conditionsOf(
  { keys, reader, before, guards }: Commit,
  more: readonly Compare[],
): Pick<Txn, 'compare' | 'failure'> {
  return {
    compare: [
      compare.modRevision(keys.meta, before.metaRevision),
      ...more,
      ...guards.map(({ key, createRevision }) => compare.createRevision(key, createRevision)),
    ],
    failure: [...reader.asked(before), ...guards.map(({ key }) => op.range(key, { keysOnly: true }))],
  };
}

/** Changed entries that are each compared. */
const COMPARED_EACH = 20;
/** Entries that are all compared with every commit; etcd reads them for that. */
const COMPARED_ALL = 2_000;

/** That nobody but rdsctl changed them after the last commit: every commit changes the meta key, too. */
function entryComparisons(base: string, before: Snapshot, { changed, removed }: Plan): Compare[] {
  const touched = [...changed, ...removed];
  const each = touched.length <= COMPARED_EACH ? touched : [];
  const all = each.length === 0 || before.entries.size <= COMPARED_ALL;
  return [
    ...(all ? [compare.unchangedSince(base, before.metaRevision)] : []),
    ...each.map((entry) => compare.modRevision(base + entry, before.entries.get(entry)?.modRevision ?? 0n)),
  ];
}

/**
 * Carries a commit out. An answer that is lost leaves it open whether it was done; then the state is asked, where
 * each commit leaves its id, and it is tried again as long as it can only be done once.
 * @throws RdsctlError STATE_OUTCOME_UNKNOWN, and as the client and the reader do
 */
export async function carryOut(commit: Commit, txn: Txn): Promise<Outcome> {
  const { client, wait, before, plan } = commit;
  for (;;) {
    try {
      const answer = await transact(client, txn, wait, 'tell');
      if (answer.succeeded) return { kind: 'done', snapshot: committed(commit, answer) };
      return await refused(commit, answer);
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw error;
      const now = await found(commit, error);
      if (isDone(now, plan)) return { kind: 'done', snapshot: now };
      if (now.metaRevision !== before.metaRevision) return overtaken(now, commit, error);
      // It was not done yet, and may be: only one of the two can, as the first changes what is compared.
      if (isOver(wait)) throw outcomeUnknown(commit.keys, error);
      await pause(50, wait);
    }
  }
}

/** The state as it is after an answer was lost. */
async function found(commit: Commit, unknown: OutcomeUnknown): Promise<Snapshot> {
  try {
    return await commit.reader.newest(commit.wait);
  } catch (error) {
    if (error instanceof RdsctlError && error.code === 'STATE') throw error;
    throw outcomeUnknown(commit.keys, unknown);
  }
}

function isDone({ meta }: Snapshot, { id }: Plan): boolean {
  return meta?.commits.includes(id) === true;
}

/** The state is another, and this commit is not among those that made it so: it can't be done any more. */
function overtaken(now: Snapshot, commit: Commit, cause: unknown): Outcome {
  const commits = (now.meta?.serial ?? 0) - (commit.before.meta?.serial ?? 0);
  if (commits >= REMEMBERED) throw outcomeUnknown(commit.keys, cause);
  return { kind: 'changed', snapshot: now };
}

async function refused(commit: Commit, { ranges }: TxnAnswer): Promise<Outcome> {
  const { reader, wait, before, plan, guards } = commit;
  const snapshot = await reader.take(before, ranges, wait);
  const locks = ranges.slice(ranges.length - guards.length);
  if (isDone(snapshot, plan)) return { kind: 'done', snapshot };
  const lost = guards.find(
    ({ createRevision }, index) => locks[index]?.keys[0]?.createRevision !== createRevision,
  );
  if (lost !== undefined) return { kind: 'lost', lock: lost.name };
  if (snapshot.metaRevision !== before.metaRevision) return { kind: 'changed', snapshot };
  // No commit was made, and yet it is not as it was: what was removed by other hands shows when all is read.
  return { kind: 'changed', snapshot: await reader.anew(wait, before) };
}

/** The state after a commit that was done at a revision. */
function committed({ reader, before, plan }: Commit, { revision }: TxnAnswer): Snapshot {
  const entries = new Map<string, Entry>();
  for (const [entry, text] of plan.entries) {
    const old = before.entries.get(entry);
    entries.set(entry, old?.text === text ? old : { text, modRevision: revision });
  }
  const snapshot = { meta: plan.meta, metaRevision: revision, revision, entries };
  // Which revision wrote each entry of a generation that was staged is not known: it is read when it is needed.
  const isStaged = plan.meta.generation !== before.meta?.generation && before.meta !== null;
  reader.see(isStaged ? { ...snapshot, entries: new Map() } : snapshot, before);
  return snapshot;
}
