import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import type { Lock, LockHolder } from '../../../src/state/lock.ts';
import type { State, StateChange } from '../../../src/state/state.ts';
import { etcdPlace } from './place.ts';
import type { Fate } from './proxy.ts';

const place = etcdPlace();
const { open } = place;

const set =
  (name: string, token: number) =>
  (state: State): StateChange => ({ ...state, tokens: { ...state.tokens, [name]: token } });

const holder = (pid: number, host = hostname()) => ({
  holder: () => ({ who: 'ops', host, pid, command: 'rdsctl test' }),
});

/** Begins to wait for a lock, and returns once it stands in the queue. */
async function queued(name: string, store = open()): Promise<{ lock: Promise<Lock> }> {
  let waits = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (waits = resolve));
  const lock = store.lock({ name, timeoutMs: Infinity, onWait: () => waits() });
  await Promise.race([waiting, lock]);
  return { lock };
}

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('a lock that somebody else removed', () => {
  it('lets no change of its volume through; one of another volume is made', async () => {
    const store = open();
    await store.update(set('rds1/vol-1', 1));
    await store.lock({ name: 'rds1/vol-1', timeoutMs: 0 });
    await store.lock({ name: 'rds1/vol-2', timeoutMs: 0 });
    const [key = ''] = await place.raw.names(/^locks\/rds1%2Fvol-1\//);
    await place.raw.delete(key);
    await expect(store.update(set('rds1/vol-1', 2))).rejects.toMatchObject({
      reason: 'LOST_LOCK',
      exitCode: 4,
      details: { lock: 'rds1/vol-1' },
    });
    expect(await open().read()).toMatchObject({ serial: 1, tokens: { 'rds1/vol-1': 1 } });
    expect((await store.update(set('rds1/vol-2', 1))).serial).toBe(2);
  });

  it('fails those of many changes at once that are about its volume, and no other', async () => {
    const store = open();
    for (const name of ['a', 'b', 'c']) await store.lock({ name, timeoutMs: 0 });
    const [key = ''] = await place.raw.names(/^locks\/b\//);
    await place.raw.delete(key);
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => store.update(set(name, 1))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await open().read()).tokens).toEqual({ a: 1, c: 1 });
  });

  it('and that a third one holds by now is as lost', async () => {
    const [store, third] = [open(), open()];
    await store.lock({ name: 'a', timeoutMs: 0 });
    const [lock] = await store.listLocks();
    expect(await third.breakLock(lock?.id ?? '')).toBe(true);
    expect(await third.breakLock(lock?.id ?? '')).toBe(false);
    const taken = await third.lock({ name: 'a', timeoutMs: 0 });
    await expect(store.update(set('a', 1))).rejects.toMatchObject({ reason: 'LOST_LOCK' });
    expect((await third.update(set('a', 2))).tokens).toEqual({ a: 2 });
    taken.assertHeld();
  });

  it('is told by the lock itself after the next sign of life', async () => {
    const store = open(undefined, { leaseSeconds: 1 });
    const lock = await store.lock({ name: 'a', timeoutMs: 0 });
    const other = await store.lock({ name: 'b', timeoutMs: 0 });
    const [key = ''] = await place.raw.names(/^locks\/a\//);
    await place.raw.delete(key);
    await vi.waitFor(() => expect(() => lock.assertHeld()).toThrow('was taken away'), { timeout: 10_000 });
    other.assertHeld();
    // Released as any: what is not there need not be removed.
    await lock.release();
  });

  it('does not keep who held it from taking it anew', async () => {
    const store = open();
    const lock = await store.lock({ name: 'a', timeoutMs: 0 });
    const [key = ''] = await place.raw.names(/^locks\/a\//);
    await place.raw.delete(key);
    await lock.release();
    const again = await store.lock({ name: 'a', timeoutMs: 0 });
    expect((await store.update(set('a', 1))).serial).toBe(1);
    again.assertHeld();
  });
});

describe('a lease', () => {
  it('that ran out under a holder that gave no sign of life leaves the lock to the next; he changes nothing more', async () => {
    const proxy = await place.proxy();
    const store = open(proxy.endpoint, { leaseSeconds: 1, timeoutMs: 2_000 });
    await store.update(set('a', 1));
    const lock = await store.lock({ name: 'a', timeoutMs: 0 });
    proxy.fate = (path): Fate => (path.startsWith('/v3/lease/') ? 'hang' : 'pass');
    const next = await open().lock({ name: 'a', timeoutMs: Infinity });
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ reason: 'LOST_LOCK' }) as Error);
    await expect(store.update(set('a', 2))).rejects.toMatchObject({ reason: 'LOST_LOCK' });
    next.assertHeld();
    expect((await open().read()).tokens).toEqual({ a: 1 });
    // With a new lease it goes on.
    proxy.fate = () => 'pass';
    await next.release();
    const again = await store.lock({ name: 'a', timeoutMs: 0 });
    await lock.release();
    again.assertHeld();
    expect((await store.update(set('a', 3))).tokens).toEqual({ a: 3 });
  });

  it('is kept alive for as long as the lock is held', async () => {
    const proxy = await place.proxy();
    const store = open(proxy.endpoint, { leaseSeconds: 1 });
    const lock = await store.lock({ name: 'a', timeoutMs: 0 });
    const beats = (): number => proxy.passed.filter((path) => path === '/v3/lease/keepalive').length;
    // More than twice its time.
    await vi.waitFor(() => expect(beats()).toBeGreaterThanOrEqual(7), { timeout: 30_000, interval: 100 });
    lock.assertHeld();
    await expect(open().lock({ name: 'a', timeoutMs: 0 })).rejects.toMatchObject({ reason: 'LOCKED' });
  });

  it('that etcd has forgotten is replaced by the next lock', async () => {
    const store = open();
    const lock = await store.lock({ name: 'a', timeoutMs: 0 });
    const lease = [...(await place.raw.all()).values()][0]?.lease ?? 0n;
    await place.raw.revoke(lease);
    const other = await store.lock({ name: 'b', timeoutMs: 0 });
    other.assertHeld();
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ reason: 'LOST_LOCK' }) as Error);
    expect((await store.update(set('b', 1))).tokens).toEqual({ b: 1 });
  });

  it('is ended when the store is closed, with all that lives by it', async () => {
    const proxy = await place.proxy();
    const store = open(proxy.endpoint);
    await store.lock({ name: 'a', timeoutMs: 0 });
    await store.close();
    expect(proxy.passed.at(-1)).toBe('/v3/lease/revoke');
    expect(await place.raw.names(/./)).toEqual([]);
  });
});

describe('those who wait for a lock', () => {
  it('get it in the order in which they came', async () => {
    const first = await open().lock({ name: 'a', timeoutMs: 0 });
    const order: number[] = [];
    const waiting: Promise<void>[] = [];
    for (let number = 0; number < 6; number += 1) {
      const { lock } = await queued('a', number % 2 === 0 ? open() : open(undefined, { leaseSeconds: 60 }));
      waiting.push(
        lock.then(async (held) => {
          held.assertHeld();
          order.push(number);
          await held.release();
        }),
      );
    }
    await first.release();
    await Promise.all(waiting);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('are told each time somebody else holds it', async () => {
    const first = await open(undefined, holder(process.pid, 'host-1')).lock({ name: 'a', timeoutMs: 0 });
    const second = await queued('a', open(undefined, holder(process.pid, 'host-2')));
    const told: (LockHolder | null)[] = [];
    const third = open().lock({ name: 'a', timeoutMs: Infinity, onWait: (one) => told.push(one) });
    await vi.waitFor(() => expect(told).toHaveLength(1));
    await first.release();
    const held = await second.lock;
    await vi.waitFor(() => expect(told).toHaveLength(2));
    expect(told.map((one) => one?.host)).toEqual(['host-1', 'host-2']);
    await held.release();
    await (await third).release();
  });

  it('and give up leave the queue to those behind them', async () => {
    const first = await open().lock({ name: 'a', timeoutMs: 0 });
    const abort = new AbortController();
    const reason = new Error('enough');
    const givesUp = open().lock({
      name: 'a',
      timeoutMs: Infinity,
      signal: abort.signal,
      onWait: () => abort.abort(reason),
    });
    await expect(givesUp).rejects.toThrow();
    await expect(open().lock({ name: 'a', timeoutMs: 50 })).rejects.toMatchObject({ reason: 'LOCKED' });
    expect(await place.raw.names(/^locks/)).toHaveLength(1);
    const { lock } = await queued('a');
    await first.release();
    (await lock).assertHeld();
  });

  it('and whose place was taken away go to the end of the queue', async () => {
    const first = await open().lock({ name: 'a', timeoutMs: 0 });
    const second = await queued('a');
    const [, place2 = ''] = [...(await place.raw.all())]
      .sort(([, a], [, b]) => Number(a.createRevision - b.createRevision))
      .map(([name]) => name);
    const third = await queued('a');
    await place.raw.delete(place2);
    await vi.waitFor(async () => expect(await place.raw.names(/^locks/)).toHaveLength(3));
    await first.release();
    const held = await third.lock;
    held.assertHeld();
    await held.release();
    (await second.lock).assertHeld();
  });

  it('hear of it through another connection when theirs is cut off', async () => {
    const proxy = await place.proxy();
    const first = await open().lock({ name: 'a', timeoutMs: 0 });
    const { lock } = await queued('a', open(proxy.endpoint));
    await vi.waitFor(() => expect(proxy.passed).toContain('/v3/watch'));
    proxy.cut();
    await first.release();
    (await lock).assertHeld();
    expect(proxy.passed.filter((path) => path === '/v3/lease/keepalive')).toEqual([]);
  });
});

describe('a lock whose', () => {
  it.each<[string, Fate]>([
    ['request was lost', 'refuse'],
    ['answer was lost', 'swallow'],
  ])('%s is had once', async (_, fate) => {
    const proxy = await place.proxy();
    let cut = false;
    proxy.fate = (path): Fate => {
      if (path !== '/v3/kv/txn' || cut) return 'pass';
      cut = true;
      return fate;
    };
    const lock = await open(proxy.endpoint).lock({ name: 'a', timeoutMs: 0 });
    lock.assertHeld();
    expect(cut).toBe(true);
    expect(await place.raw.names(/^locks/)).toHaveLength(1);
    await lock.release();
    expect(await place.raw.names(/^locks/)).toEqual([]);
  });

  it('release did not get through is released later', async () => {
    const proxy = await place.proxy();
    const store = open(proxy.endpoint, { leaseSeconds: 1, timeoutMs: 300 });
    const [lock, other] = [
      await store.lock({ name: 'a', timeoutMs: 0 }),
      await store.lock({ name: 'b', timeoutMs: 0 }),
    ];
    proxy.fate = (path): Fate => (path === '/v3/kv/deleterange' ? 'refuse' : 'pass');
    await lock.release();
    const { lock: next } = await queued('a');
    proxy.fate = () => 'pass';
    (await next).assertHeld();
    other.assertHeld();
  });
});

describe('the list of locks', () => {
  it('tells who holds each, whether he lives, and how long he has been silent; not who waits', async () => {
    const [mine, dead, far] = [
      open(undefined, holder(process.pid)),
      open(undefined, holder(deadPid())),
      open(undefined, holder(1, 'far')),
    ];
    for (const [index, store] of [mine, dead, far].entries())
      await store.lock({ name: `rds1/vol-${index}`, timeoutMs: 0 });
    await place.raw.pretendFrom('far', 'another machine');
    await queued('rds1/vol-0');
    const quietMs = expect.any(Number) as number;
    expect(await open().listLocks()).toMatchObject([
      { name: 'rds1/vol-0', holder: { pid: process.pid, host: hostname() }, alive: true, quietMs },
      { name: 'rds1/vol-1', alive: false, quietMs },
      { name: 'rds1/vol-2', holder: { host: 'far' }, alive: null, quietMs },
    ]);
  });

  it('loses those of dead processes of this host when that is asked for', async () => {
    const dead = open(undefined, holder(deadPid()));
    for (const name of ['a', 'b']) await dead.lock({ name, timeoutMs: 0 });
    await open(undefined, holder(process.pid)).lock({ name: 'c', timeoutMs: 0 });
    expect((await open().removeDeadLocks('a')).map(({ name }) => name)).toEqual(['a']);
    expect((await open().removeDeadLocks()).map(({ name }) => name)).toEqual(['b']);
    expect((await open().listLocks()).map(({ name }) => name)).toEqual(['c']);
  });

  it('shows one whose number was given to another process as dead', async () => {
    const store = open(undefined, holder(process.pid));
    await store.lock({ name: 'a', timeoutMs: 0 });
    await place.raw.changeLocks((mark) => ({ ...mark, started: '1' }));
    expect(await open().listLocks()).toMatchObject([{ name: 'a', alive: false }]);
  });

  it('shows a key that says nothing of its holder', async () => {
    await open().lock({ name: 'a', timeoutMs: 0 });
    await place.raw.changeLocks(() => 'garbage');
    expect(await open().listLocks()).toMatchObject([{ name: 'a', holder: null, alive: null }]);
    await expect(open().lock({ name: 'a', timeoutMs: 0 })).rejects.toMatchObject({ reason: 'LOCKED' });
  });
});
