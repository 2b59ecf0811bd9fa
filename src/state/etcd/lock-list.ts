import type { ListedLock } from '../lock-care.ts';
import type { Patience } from '../patience.ts';
import type { EtcdClient } from './client/client.ts';
import { compare, op, range, transact, type KeyValue } from './client/kv.ts';
import { leaseFacts } from './client/lease.ts';
import { nameIn, type Keys } from './keys.ts';
import { holderOf, isAlive, parseMark } from './mark.ts';

/** A key of a lock, and what it says. */
interface Found {
  readonly at: KeyValue;
  readonly lock: ListedLock;
  /** Whether it holds the lock; else it waits for it. */
  readonly holds: boolean;
}

/** Every lock that is held, by name. One that is taken or released meanwhile may or may not be among them. */
export async function listLocks(
  client: EtcdClient,
  keys: Keys,
  wait: Patience,
): Promise<readonly ListedLock[]> {
  return (await find(client, keys, wait)).filter(({ holds }) => holds).map(({ lock }) => lock);
}

/**
 * Removes what dead processes of this host left, their places in queues, too. Those of other hosts go when their
 * leases run out.
 */
export async function removeDeadLocks(
  client: EtcdClient,
  keys: Keys,
  wait: Patience,
  only?: string,
): Promise<readonly ListedLock[]> {
  const removed: ListedLock[] = [];
  for (const { at, lock, holds } of await find(client, keys, wait)) {
    if (lock.alive !== false || (only !== undefined && lock.name !== only)) continue;
    if ((await removeIt(client, at, wait)) && holds) removed.push(lock);
  }
  return removed;
}

/** Takes a lock from its holder; the state refuses what he commits under it from now on. */
export async function breakLock(
  client: EtcdClient,
  keys: Keys,
  wait: Patience,
  id: string,
): Promise<boolean> {
  const found = (await find(client, keys, wait)).find(({ lock }) => lock.id === id);
  return found !== undefined && removeIt(client, found.at, wait);
}

async function removeIt(
  client: EtcdClient,
  { key, createRevision }: KeyValue,
  wait: Patience,
): Promise<boolean> {
  const same = compare.createRevision(key, createRevision);
  const txn = { compare: [same], success: [op.delete(key)], failure: [] };
  return (await transact(client, txn, wait, 'again')).succeeded;
}

async function find(client: EtcdClient, keys: Keys, wait: Patience): Promise<Found[]> {
  const { keys: found } = await range(client, keys.locks, wait);
  const quiet = await quietTimes(client, new Set(found.map(({ lease }) => lease)), wait);
  const first = new Map<string, bigint>();
  for (const { key, createRevision } of found) {
    const { name } = parts(keys, key);
    const before = first.get(name);
    if (before === undefined || createRevision < before) first.set(name, createRevision);
  }
  return found.map((at) => {
    const { name, id } = parts(keys, at.key);
    const mark = parseMark(at.value);
    const lock: ListedLock = {
      name,
      id,
      holder: mark && holderOf(mark),
      alive: mark && isAlive(mark),
      quietMs: quiet.get(at.lease) ?? null,
    };
    return { at, lock, holds: first.get(name) === at.createRevision };
  });
}

function parts(keys: Keys, key: string): { name: string; id: string } {
  const rest = key.slice(keys.locks.length);
  const slash = rest.lastIndexOf('/');
  const escaped = rest.slice(0, Math.max(0, slash));
  return { name: nameIn(escaped) ?? escaped, id: rest.slice(slash + 1) };
}

/** Milliseconds since the last sign of life, by lease. */
async function quietTimes(
  client: EtcdClient,
  leases: ReadonlySet<bigint>,
  wait: Patience,
): Promise<Map<bigint, number>> {
  const times = new Map<bigint, number>();
  for (const lease of leases) {
    const facts = lease === 0n ? null : await leaseFacts(client, lease, wait);
    if (facts !== null) times.set(lease, Math.max(0, facts.grantedSeconds - facts.leftSeconds) * 1_000);
  }
  return times;
}
