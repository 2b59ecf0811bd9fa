import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { VolumeLockManager } from '../../src/attachment/volume-lock-manager.ts';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { MemoryStore } from '../fakes/memory-store.ts';
import { failure } from '../fakes/outcome.ts';

const FOREVER = { timeoutMs: Infinity };

/** A promise that the test settles. */
function gate() {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

/** Lets everything that can go on go on. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function setup() {
  const log: string[] = [];
  const store = new MemoryStore(undefined, (entry) => log.push(entry));
  return { log, store, locks: new VolumeLockManager(store) };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('one volume', () => {
  it('is worked on by one at a time, in the order they came', async () => {
    const { locks } = setup();
    const order: string[] = [];
    let inside = 0;
    const work = (name: string) => async () => {
      inside += 1;
      expect(inside).toBe(1);
      order.push(name);
      await turn();
      inside -= 1;
      return name;
    };
    const results = await Promise.all(
      ['a', 'b', 'c'].map((name) => locks.withLock('rds1/v', FOREVER, work(name))),
    );
    expect(results).toEqual(['a', 'b', 'c']);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('is locked across processes while it is worked on, and not longer', async () => {
    const { locks, store, log } = setup();
    await locks.withLock('rds1/v', FOREVER, async (lock) => {
      expect(store.held.has('rds1/v')).toBe(true);
      expect(lock.name).toBe('rds1/v');
      lock.assertHeld();
      await turn();
    });
    expect(store.held.size).toBe(0);
    expect(log).toEqual(['lock rds1/v', 'unlock rds1/v']);
  });

  it('is released when the work throws, whatever it throws', async () => {
    const { locks, store } = setup();
    for (const thrown of [new Error('broken'), new RdsctlError('INTERNAL', { message: 'broken' })]) {
      await expect(locks.withLock('rds1/v', FOREVER, () => Promise.reject(thrown))).rejects.toBe(thrown);
    }
    expect(store.held.size).toBe(0);
    expect(await locks.withLock('rds1/v', { timeoutMs: 0 }, () => Promise.resolve('free'))).toBe('free');
  });
});

describe('waiting', () => {
  it('time-out 0 does not wait for another operation of this process: LOCKED', async () => {
    const { locks } = setup();
    const { open, passed } = gate();
    const first = locks.withLock('rds1/v', FOREVER, () => passed);
    const error = await failure(locks.withLock('rds1/v', { timeoutMs: 0 }, () => Promise.resolve()));
    expect(error).toMatchObject({ reason: 'LOCKED', exitCode: 5, now: 'Nothing was changed.' });
    open();
    await first;
  });

  it('time-out 0 does not wait for another process, and says who has it', async () => {
    const { locks, store } = setup();
    store.holdElsewhere('rds1/v', { pid: 99 });
    const error = await failure(locks.withLock('rds1/v', { timeoutMs: 0 }, () => Promise.resolve()));
    expect(error).toMatchObject({ reason: 'LOCKED', details: { holder: { pid: 99, host: 'admin2' } } });
  });

  it('time-out 0 gets a free lock', async () => {
    const { locks } = setup();
    expect(await locks.withLock('rds1/v', { timeoutMs: 0 }, () => Promise.resolve(1))).toBe(1);
  });

  it('waits for another process and tells who holds it', async () => {
    const { locks, store } = setup();
    const other = store.holdElsewhere('rds1/v', { who: 'bo' });
    const waited: unknown[] = [];
    const mine = locks.withLock(
      'rds1/v',
      { ...FOREVER, onWait: (key, holder) => waited.push([key, holder?.who]) },
      () => Promise.resolve('mine'),
    );
    await turn();
    expect(waited).toEqual([['rds1/v', 'bo']]);
    other.release();
    expect(await mine).toBe('mine');
  });

  it('ends by the signal, with its reason, for locks of this and of other processes', async () => {
    const { locks, store } = setup();
    const { open, passed } = gate();
    const holding = locks.withLock('rds1/v', FOREVER, () => passed);
    store.holdElsewhere('rds1/w');
    const reason = new RdsctlError('INTERRUPTED', { message: 'interrupted' });
    for (const key of ['rds1/v', 'rds1/w']) {
      const stop = new AbortController();
      const waiting = locks.withLock(key, { ...FOREVER, signal: stop.signal }, () => Promise.resolve());
      await turn();
      stop.abort(reason);
      await expect(waiting).rejects.toBe(reason);
    }
    open();
    await holding;
    expect(await locks.withLock('rds1/v', { timeoutMs: 0 }, () => Promise.resolve('free'))).toBe('free');
  });

  it('does not begin when the signal came before', async () => {
    const { locks, log } = setup();
    const reason = new RdsctlError('INTERRUPTED', { message: 'interrupted' });
    const work = vi.fn(() => Promise.resolve());
    await expect(
      locks.withLock('rds1/v', { ...FOREVER, signal: AbortSignal.abort(reason) }, work),
    ).rejects.toBe(reason);
    expect(work).not.toHaveBeenCalled();
    expect(log).toEqual([]);
  });

  it('one that gave up does not stand in the way of those behind it', async () => {
    const { locks } = setup();
    const { open, passed } = gate();
    const first = locks.withLock('rds1/v', FOREVER, () => passed);
    const second = failure(locks.withLock('rds1/v', { timeoutMs: 0 }, () => Promise.resolve()));
    const third = locks.withLock('rds1/v', FOREVER, () => Promise.resolve('third'));
    await second;
    open();
    await first;
    expect(await third).toBe('third');
  });

  it('a time longer than a timer can wait is not "at once"', async () => {
    const { locks } = setup();
    const timer = vi.spyOn(globalThis, 'setTimeout');
    const { open, passed } = gate();
    const first = locks.withLock('rds1/v', FOREVER, () => passed);
    const second = locks.withLock('rds1/v', { timeoutMs: 2 ** 32 }, () => Promise.resolve('second'));
    expect(timer.mock.calls.every(([, wait]) => wait === undefined || wait <= 2 ** 31 - 1)).toBe(true);
    expect(timer).toHaveBeenCalled();
    open();
    await first;
    expect(await second).toBe('second');
  });
});

describe('several volumes', () => {
  it('never wait for each other', async () => {
    const { locks } = setup();
    const { open, passed } = gate();
    const slow = locks.withLock('rds1/a', FOREVER, () => passed);
    expect(await locks.withLock('rds1/b', { timeoutMs: 0 }, () => Promise.resolve('b'))).toBe('b');
    open();
    await slow;
  });

  it('are locked in sorted order, each once, and unlocked', async () => {
    const { locks, log, store } = setup();
    const names = await locks.withLocks(['rds1/b', 'rds1/a', 'rds1/b'], FOREVER, (held) =>
      Promise.resolve([...held.keys()]),
    );
    expect(names).toEqual(['rds1/a', 'rds1/b']);
    expect(log).toEqual(['lock rds1/a', 'lock rds1/b', 'unlock rds1/b', 'unlock rds1/a']);
    expect(store.held.size).toBe(0);
  });

  it('none is left locked when the second is not had', async () => {
    const { locks, store } = setup();
    const other = store.holdElsewhere('rds1/b');
    const error = await failure(
      locks.withLocks(['rds1/a', 'rds1/b'], { timeoutMs: 0 }, () => Promise.resolve()),
    );
    expect(error.reason).toBe('LOCKED');
    expect([...store.held.keys()]).toEqual(['rds1/b']);
    other.release();
  });

  it('work without any volume is done', async () => {
    const { locks } = setup();
    expect(await locks.withLocks([], FOREVER, (held) => Promise.resolve(held.size))).toBe(0);
  });
});

describe('a crowd', () => {
  it('never deadlocks, never lets two in, and leaves no mutex behind', async () => {
    const maps = new Set<ReadonlyMap<unknown, unknown>>();
    const set = Map.prototype.set; // eslint-disable-line @typescript-eslint/unbound-method -- called with its map
    vi.spyOn(Map.prototype, 'set').mockImplementation(function (this: Map<unknown, unknown>, key, value) {
      if (typeof value === 'object' && value !== null && 'mutex' in value) maps.add(this);
      return set.call(this, key, value);
    });
    const keys = ['rds1/a', 'rds1/b', 'rds1/c'];
    const job = fc.record({
      keys: fc.uniqueArray(fc.constantFrom(...keys), { minLength: 1 }),
      patience: fc.constantFrom(0, Infinity),
      turns: fc.nat({ max: 3 }),
      ends: fc.constantFrom('returns', 'throws'),
      interrupted: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 12 }), async (jobs) => {
        const { locks, store } = setup();
        const inside = new Set<string>();
        const stop = new AbortController();
        const all = jobs.map(({ keys: wanted, patience, turns, ends, interrupted }) =>
          locks
            .withLocks(
              wanted,
              { timeoutMs: patience, ...(interrupted ? { signal: stop.signal } : {}) },
              async () => {
                for (const key of wanted) {
                  expect(inside.has(key)).toBe(false);
                  inside.add(key);
                }
                for (let n = 0; n < turns; n += 1) await turn();
                for (const key of wanted) inside.delete(key);
                if (ends === 'throws') throw new RdsctlError('INTERNAL', { message: 'broken' });
              },
            )
            .catch((error: unknown) => {
              if (!(error instanceof RdsctlError)) throw error;
            }),
        );
        await turn();
        stop.abort(new RdsctlError('INTERRUPTED', { message: 'interrupted' }));
        await Promise.all(all);
        await turn();
        expect(store.held.size).toBe(0);
      }),
      { numRuns: 60 },
    );
    expect(maps.size).toBeGreaterThan(0);
    for (const map of maps) expect(map.size).toBe(0);
  });
});
