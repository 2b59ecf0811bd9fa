import { isReason } from '../../errors/rdsctl-error.ts';
import { lockedError } from '../lock-errors.ts';
import type { HolderFacts, LockRequest } from '../lock.ts';
import { isOver, patience, throwIfAborted, waitedMs, type Patience } from '../patience.ts';
import type { EtcdClient } from './client/client.ts';
import { compare, op, remove, transact } from './client/kv.ts';
import { NOT_FOUND, Refusal } from './client/refusal.ts';
import { changes } from './client/watch.ts';
import type { Keys } from './keys.ts';
import { newMark } from './mark.ts';
import { holderIn, queueOf, readQueue, type Queue } from './queue.ts';
import type { Lease, Session } from './session.ts';

/** What locks are taken with. */
export interface Locking {
  readonly client: EtcdClient;
  readonly keys: Keys;
  readonly session: Session;
  readonly holder: () => HolderFacts;
  /** Milliseconds that one request may take in all, whichever endpoint answers it. */
  readonly timeoutMs: number;
  /** Different at each call: tells the holders and waiters of one lease apart. */
  readonly nextNumber: () => number;
}

/** A place at the front of a lock's queue. */
export interface Place {
  readonly key: string;
  readonly createRevision: bigint;
  readonly lease: Lease;
}

/**
 * Waits for a lock: takes a place in its queue, and has it when nobody stands before. Told by watch when somebody
 * goes. A place that is lost while waiting (the lease ran out under a process that was stopped) is taken anew, at
 * the end.
 * @throws RdsctlError LOCKED, the signal's reason, or as the client does
 */
export async function acquire(locking: Locking, request: LockRequest): Promise<Place> {
  const wait = patience(request.timeoutMs, request.signal);
  const tell = teller(request.onWait);
  for (;;) {
    throwIfAborted(wait.signal);
    const { place, had } = await queueUp(locking, request, wait);
    if (place === null) continue;
    if (had) return place;
    try {
      if (await isReached(locking, request, place, wait, tell)) return place;
    } catch (error) {
      await leave(locking, place);
      throw error;
    }
  }
}

/** Gives a place back, or leaves the queue. What does not succeed now is tried again later. */
export async function leave({ client, session, timeoutMs }: Locking, place: Place): Promise<void> {
  if (place.lease.lost() !== null) return;
  try {
    await remove(client, place.key, patience(timeoutMs));
  } catch {
    session.removeLater(place.key);
  }
}

/**
 * Takes a place. Not cut short by a signal: what is on its way could arrive after it was given back.
 * @returns `had`: nobody stood before; no place when the lease turned out to be lost
 * @throws RdsctlError LOCKED when there is a queue and no time to wait
 */
async function queueUp(
  locking: Locking,
  request: LockRequest,
  wait: Patience,
): Promise<{ place: Place | null; had: boolean }> {
  const { client, keys, session, timeoutMs } = locking;
  const asking = patience(timeoutMs);
  const lease = await session.lease(asking);
  const prefix = keys.lock(request.name);
  const key = `${prefix}${lease.id.toString(16)}-${locking.nextNumber().toString(36)}`;
  const put = op.put(key, JSON.stringify(newMark(locking.holder())), lease.id);
  const free = compare.unchangedSince(prefix, 0n);
  const first = { compare: [free], success: [put], failure: [op.range(prefix)] };
  const place = (createRevision: bigint): Place => ({ key, createRevision, lease });
  try {
    const answer = await transact(client, first, asking, 'again');
    if (answer.succeeded) return { place: place(answer.revision), had: true };
    const queue = queueOf(answer.ranges[0]?.keys ?? [], answer.revision);
    // Asked twice, where the first answer was lost.
    const own = queue.keys.find((one) => one.key === key);
    if (own !== undefined) return { place: place(own.createRevision), had: isFirst(queue, place(0n)) };
    if (isOver(wait)) throw lockedError(request.name, holderIn(queue), waitedMs(wait));
    const next = { compare: [compare.createRevision(key, 0n)], success: [put], failure: [op.range(key)] };
    const queued = await transact(client, next, asking, 'again');
    const revision = queued.succeeded ? queued.revision : queued.ranges[0]?.keys[0]?.createRevision;
    return { place: revision === undefined ? null : place(revision), had: false };
  } catch (error) {
    if (error instanceof Refusal && error.grpc === NOT_FOUND) {
      session.forget(lease);
      return { place: null, had: false };
    }
    // A request that was given up may arrive yet.
    if (!isReason(error, 'LOCKED')) session.removeLater(key);
    throw error;
  }
}

/** @returns false when the place was lost */
async function isReached(
  locking: Locking,
  request: LockRequest,
  place: Place,
  wait: Patience,
  tell: (queue: Queue) => void,
): Promise<boolean> {
  const { client, keys, timeoutMs } = locking;
  const prefix = keys.lock(request.name);
  const stop = new AbortController();
  const timer = Number.isFinite(request.timeoutMs)
    ? setTimeout(() => stop.abort(), Math.max(0, wait.deadline - performance.now()))
    : undefined;
  const signals = [stop.signal, ...(request.signal === undefined ? [] : [request.signal])];
  const look = (): Promise<Queue> => readQueue(client, prefix, patience(timeoutMs, request.signal));
  let told: AsyncGenerator | null = null;
  try {
    let queue = await look();
    if (isFirst(queue, place)) return true;
    if (!isIn(queue, place)) return false;
    tell(queue);
    const removals = { keyOrPrefix: prefix, from: queue.revision + 1n, removalsOnly: true };
    told = changes(client, { ...removals, signal: AbortSignal.any(signals) });
    while ((await told.next()).done !== true) {
      queue = await look();
      if (isFirst(queue, place)) return true;
      if (!isIn(queue, place)) return false;
      tell(queue);
    }
    throwIfAborted(request.signal);
    queue = await look();
    if (isFirst(queue, place)) return true;
    throw lockedError(request.name, holderIn(queue), waitedMs(wait));
  } finally {
    clearTimeout(timer);
    stop.abort();
    await told?.return(undefined);
  }
}

function isFirst({ first }: Queue, { key }: Place): boolean {
  return first?.key === key;
}

function isIn({ keys }: Queue, place: Place): boolean {
  return keys.some(({ key }) => key === place.key);
}

/** Tells `onWait` the holder the first time, and again when the holder has changed. */
function teller(onWait: LockRequest['onWait']): (queue: Queue) => void {
  let told: string | undefined;
  return (queue) => {
    const key = queue.first?.key ?? '';
    if (onWait === undefined || key === told) return;
    told = key;
    onWait(holderIn(queue));
  };
}
