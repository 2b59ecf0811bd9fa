import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import type { LockHolder } from '../../src/state/lock.ts';
import type { State } from '../../src/state/state.ts';
import type { StateStore } from '../../src/state/store.ts';
import { keptOf } from '../garbage.ts';
import { sampleAttachment, sampleBody } from './samples.ts';

/** Stores over one and the same state, that a test opens as many of as it needs. */
export interface StoreFixture {
  /** Opens a store as another process would. */
  open(): StateStore;
  /** Removes the state. */
  dispose(): Promise<void>;
}

/** Frozen, and all that it is made of. */
function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.isFrozen(value)).toBe(true);
  for (const inner of Object.values(value)) expectFrozen(inner);
}

/** What every {@link StateStore} must do, whatever it is made of. */
export function describeStateStore(name: string, setUp: () => Promise<StoreFixture>): void {
  describe(`${name} as a state store`, () => {
    let fixture: StoreFixture;
    let opened: StateStore[];
    const open = (): StateStore => {
      const store = fixture.open();
      opened.push(store);
      return store;
    };

    beforeEach(async () => {
      opened = [];
      fixture = await setUp();
    });
    afterEach(async () => {
      await Promise.all(opened.map((store) => store.close()));
      await fixture.dispose();
    });

    describe('read', () => {
      it('reads a state that was never written as empty', async () => {
        expect(await open().read()).toEqual({
          lineage: '',
          serial: 0,
          attachments: {},
          tokens: {},
          nodes: {},
        });
      });

      it('returns what was written, field by field', async () => {
        await open().update(() => sampleBody());
        expect(await open().read()).toMatchObject({ serial: 1, ...sampleBody() });
      });

      it('hands out what nobody can change', async () => {
        const store = open();
        const states = [
          await store.read(),
          await store.update(() => sampleBody()),
          await store.read(),
          await open().read(),
        ];
        for (const state of states) expectFrozen(state);
      });

      it('gives a state that others changed meanwhile, with the entries that are as they were', async () => {
        const [one, two] = [open(), open()];
        await one.update(() => sampleBody());
        await two.update((state) => ({ ...state, tokens: { ...state.tokens, more: 1 } }));
        expect(await one.read()).toEqual(await two.read());
        await one.update((state) => ({ ...state, tokens: { ...state.tokens, more: 2 } }));
        expect(await two.read()).toEqual(await open().read());
      });

      it('gives later states the very entries that are as they were: they are neither copied nor parsed anew', async () => {
        const store = open();
        const withSpare = (hostNqn: string) => (state: State) => ({
          ...state,
          nodes: { ...state.nodes, spare: { hostNqn, hostId: null, fenced: null } },
        });
        await store.update(() => sampleBody());
        const first = await store.update(withSpare('nqn.2014-08.org.example:one'));
        const second = await store.update(withSpare('nqn.2014-08.org.example:two'));
        const entries = Object.entries(first.attachments);
        expect(entries).not.toEqual([]);
        for (const [key, attachment] of entries) expect(second.attachments[key]).toBe(attachment);
      });

      it('keeps names that mean something to JavaScript', async () => {
        const body = sampleBody();
        const tokens: Record<string, number> = JSON.parse(
          '{"__proto__":7,"constructor":8,"toString":9}',
        ) as never;
        await open().update(() => ({ ...body, tokens }));
        expect(Object.entries((await open().read()).tokens)).toEqual([
          ['__proto__', 7],
          ['constructor', 8],
          ['toString', 9],
        ]);
      });
    });

    describe('update', () => {
      it('makes a lineage once and counts each commit', async () => {
        const first = await open().update((state) => ({ ...state, tokens: { a: 1 } }));
        const second = await open().update((state) => ({ ...state, tokens: { a: 2 } }));
        expect(first.lineage).toMatch(/^[0-9a-f-]{36}$/);
        expect(second.lineage).toBe(first.lineage);
        expect([first.serial, second.serial]).toEqual([1, 2]);
      });

      it('returns the state as committed', async () => {
        const store = open();
        const returned = await store.update(() => sampleBody());
        expect(await store.read()).toEqual(returned);
      });

      it.each<[string, (state: State) => State]>([
        ['the same object', (state) => state],
        ['an equal object', (state) => structuredClone(state)],
        ['an equal object in another order', (state) => ({ ...state, tokens: reversed(state.tokens) })],
      ])('leaves the state alone when the change returns %s', async (_, change) => {
        const store = open();
        const before = await store.update(() => sampleBody());
        expect((await store.update(change)).serial).toBe(before.serial);
        expect(await store.read()).toEqual(before);
      });

      it('writes no state for an empty change of an empty state', async () => {
        expect(await open().update((state) => state)).toMatchObject({ lineage: '', serial: 0 });
        expect(await open().read()).toMatchObject({ lineage: '', serial: 0 });
      });

      it('fails with a change that was made in place, and does not lose it in silence', async () => {
        const store = open();
        await store.update(() => sampleBody());
        const inPlace = store.update((state) => {
          (state.tokens as Record<string, number>)['rds1/vol-1'] = 4;
          return state;
        });
        await expect(inPlace).rejects.toThrow(TypeError);
        expect(await store.read()).toMatchObject({ serial: 1, ...sampleBody() });
      });

      it('has the tables in the order of their keys, however they came', async () => {
        const store = open();
        const attachments = ['vol-3', 'vol-1', 'vol-2'].map((slot) => sampleAttachment(slot));
        const table = Object.fromEntries(attachments.map((it) => [it.volume, it]));
        const state = await store.update((before) => ({ ...before, attachments: table }));
        const keys = ['rds1/vol-1', 'rds1/vol-2', 'rds1/vol-3'];
        expect(Object.keys(state.attachments)).toEqual(keys);
        expect(Object.keys((await store.read()).attachments)).toEqual(keys);
        expect(Object.keys((await open().read()).attachments)).toEqual(keys);
      });

      it('shows each change the newest state', async () => {
        const [one, two] = [open(), open()];
        await one.read();
        await two.update(() => sampleBody());
        await one.update((state) => ({ ...state, tokens: { ...state.tokens, more: 1 } }));
        expect((await two.read()).tokens).toEqual({ ...sampleBody().tokens, more: 1 });
      });

      it('changes nothing when the change throws, and goes on afterwards', async () => {
        const store = open();
        await store.update(() => sampleBody());
        const refusal = new RdsctlError('ATTACHED_ELSEWHERE', { message: 'no' });
        const refused = store.update(() => {
          throw refusal;
        });
        await expect(refused).rejects.toBe(refusal);
        expect((await store.read()).serial).toBe(1);
        expect((await store.update((state) => ({ ...state, tokens: {} }))).serial).toBe(2);
      });

      it('keeps none of the states that it gave: a fleet makes thousands, of megabytes each', async () => {
        const store = open();
        const count = (state: State): State => ({ ...state, tokens: { n: (state.tokens['n'] ?? 0) + 1 } });
        expect(await keptOf(20, () => store.update(count))).toBeLessThan(5);
        expect(await keptOf(20, () => store.read())).toBeLessThan(5);
      });

      it('loses none of many updates made at once through several stores', async () => {
        const stores = [open(), open(), open()];
        const volumes = Array.from({ length: 60 }, (_, index) => `vol-${index}`);
        const updates = volumes.map((slot, index) => {
          const attachment = sampleAttachment(slot);
          return (stores[index % stores.length] ?? open()).update((state) => ({
            ...state,
            attachments: { ...state.attachments, [attachment.volume]: attachment },
          }));
        });
        await Promise.all(updates);
        const state = await open().read();
        expect(Object.keys(state.attachments)).toHaveLength(60);
        // Those that wait in one process may go together.
        expect(state.serial).toBeGreaterThanOrEqual(3);
        expect(state.serial).toBeLessThanOrEqual(60);
      });

      it('shows each of many that were begun at once what those before it made of the state', async () => {
        const store = open();
        const count = (state: State): State => ({ ...state, tokens: { n: (state.tokens['n'] ?? 0) + 1 } });
        const states = await Promise.all(Array.from({ length: 30 }, () => store.update(count)));
        expect((await open().read()).tokens['n']).toBe(30);
        // What each gets back holds its own change.
        for (const [index, state] of states.entries())
          expect(state.tokens['n']).toBeGreaterThanOrEqual(index + 1);
      });

      it.each<[string, (state: State) => State]>([
        [
          'throws, whatever it did to what it was shown',
          (state) => {
            (state.tokens as Record<string, number>)['spoilt'] = 1;
            throw new RdsctlError('ATTACHED_ELSEWHERE', { message: 'no' });
          },
        ],
        ['makes a state that is not valid', (state) => ({ ...state, tokens: { spoilt: 1.5 } })],
      ])('one of many that %s fails alone', async (_, wrong) => {
        const store = open();
        const set =
          (name: string) =>
          (state: State): State => ({ ...state, tokens: { ...state.tokens, [name]: 1 } });
        const outcomes = await Promise.allSettled([
          store.update(set('a')),
          store.update(set('b')),
          store.update(wrong),
          store.update(set('c')),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual([
          'fulfilled',
          'fulfilled',
          'rejected',
          'fulfilled',
        ]);
        expect((await open().read()).tokens).toEqual({ a: 1, b: 1, c: 1 });
      });

      it('refuses a state that is not valid', async () => {
        const wrong = { ...sampleBody(), tokens: { 'rds1/vol-1': 1.5 } };
        await expect(open().update(() => wrong)).rejects.toMatchObject({ reason: 'INTERNAL' });
        expect((await open().read()).serial).toBe(0);
      });

      it('ends at once when its signal is aborted already', async () => {
        const signal = AbortSignal.abort(new RdsctlError('TIMED_OUT', { message: 'out of time' }));
        await expect(open().update(() => sampleBody(), { signal })).rejects.toMatchObject({
          reason: 'TIMED_OUT',
        });
        expect((await open().read()).serial).toBe(0);
      });
    });

    describe('watch', () => {
      /** Takes states until one satisfies it. */
      async function until(
        states: AsyncIterable<State>,
        enough: (state: State) => boolean,
      ): Promise<number[]> {
        const serials: number[] = [];
        for await (const state of states) {
          serials.push(state.serial);
          if (enough(state)) break;
        }
        return serials;
      }
      const never = (): AbortSignal => new AbortController().signal;

      it('gives the state as it is at once, also one that was never written', async () => {
        const empty = open().watch({ signal: never(), pollMs: 60_000 });
        expect(await until(empty, () => true)).toEqual([0]);
        await open().update(() => sampleBody());
        for await (const state of open().watch({ signal: never(), pollMs: 60_000 })) {
          expect(state).toMatchObject({ serial: 1, ...sampleBody() });
          break;
        }
      });

      it('gives each later state once, in order, whoever wrote it; the last one always', async () => {
        await open().update(() => sampleBody());
        const states = open().watch({ signal: never(), pollMs: 50 });
        const seen = until(states, ({ serial }) => serial === 6);
        for (let count = 2; count <= 6; count += 1) {
          const writer = open();
          await writer.update((state) => ({ ...state, tokens: { a: count } }));
          await writer.update((state) => state);
        }
        const serials = await seen;
        expect(serials).toEqual([...new Set(serials)].sort((a, b) => a - b));
      });

      it('is told of a change, however rarely it looks', async () => {
        await open().update(() => sampleBody());
        const states = open().watch({ signal: never(), pollMs: 3_600_000 })[Symbol.asyncIterator]();
        expect((await states.next()).value).toMatchObject({ serial: 1 });
        const next = states.next();
        await open().update((state) => ({ ...state, tokens: {} }));
        expect((await next).value).toMatchObject({ serial: 2, tokens: {} });
        await states.return?.();
      });

      it('ends when its signal is aborted, also while it waits', async () => {
        const abort = new AbortController();
        const states = open().watch({ signal: abort.signal, pollMs: 3_600_000 })[Symbol.asyncIterator]();
        await states.next();
        const next = states.next();
        abort.abort(new RdsctlError('INTERRUPTED', { message: 'stop' }));
        expect(await next).toEqual({ done: true, value: undefined });
        const late = open().watch({ signal: abort.signal, pollMs: 10 });
        expect(await until(late, () => false)).toEqual([]);
      });
    });

    describe('lock', () => {
      it('is had by one at a time', async () => {
        const lock = await open().lock({ name: 'rds1/vol-1', timeoutMs: 0 });
        await expect(open().lock({ name: 'rds1/vol-1', timeoutMs: 0 })).rejects.toMatchObject({
          reason: 'LOCKED',
          exitCode: 5,
        });
        await lock.release();
        await (await open().lock({ name: 'rds1/vol-1', timeoutMs: 0 })).release();
      });

      it('excludes within one store too', async () => {
        const store = open();
        const lock = await store.lock({ name: 'rds1/vol-1', timeoutMs: 0 });
        await expect(store.lock({ name: 'rds1/vol-1', timeoutMs: 20 })).rejects.toMatchObject({
          reason: 'LOCKED',
        });
        await lock.release();
      });

      it('does not hold up other names, nor updates', async () => {
        const store = open();
        const locks = await Promise.all(
          [
            'rds1/vol-1',
            'rds1/vol-2',
            'rds1/VOL-1',
            'rds1%2Fvol-1',
            'rds1',
            'reconcile',
            '.',
            '..',
            `rds1/${'v'.repeat(300)}`,
          ].map((name) => store.lock({ name, timeoutMs: 0 })),
        );
        await store.update(() => sampleBody());
        for (const lock of locks) lock.assertHeld();
        await Promise.all(locks.map((lock) => lock.release()));
      });

      it('tells who holds it, at once to who waits and in the error', async () => {
        const lock = await open().lock({ name: 'rds1/vol-1', timeoutMs: 0 });
        const told: (LockHolder | null)[] = [];
        const waiting = open().lock({
          name: 'rds1/vol-1',
          timeoutMs: 60,
          onWait: (holder) => told.push(holder),
        });
        const error: unknown = await waiting.catch((reason: unknown) => reason);
        expect(told).toHaveLength(1);
        expect(told[0]).toMatchObject({ pid: process.pid });
        expect(error).toMatchObject({ details: { holder: told[0], lock: 'rds1/vol-1' } });
        expect((error as Error).message).toContain(`pid ${process.pid}`);
        await lock.release();
      });

      it('goes to who waits as soon as it is released', async () => {
        const lock = await open().lock({ name: 'rds1/vol-1', timeoutMs: 0 });
        let waits = (): void => undefined;
        const waited = new Promise<void>((resolve) => (waits = resolve));
        const next = open().lock({ name: 'rds1/vol-1', timeoutMs: Infinity, onWait: () => waits() });
        await waited;
        await lock.release();
        (await next).assertHeld();
        await (await next).release();
      });

      it('stops waiting when its signal is aborted', async () => {
        const lock = await open().lock({ name: 'rds1/vol-1', timeoutMs: 0 });
        const abort = new AbortController();
        const interrupted = new RdsctlError('INTERRUPTED', { message: 'stop' });
        const waiting = open().lock({
          name: 'rds1/vol-1',
          timeoutMs: Infinity,
          signal: abort.signal,
          onWait: () => abort.abort(interrupted),
        });
        await expect(waiting).rejects.toBe(interrupted);
        lock.assertHeld();
        await lock.release();
      });

      it('can be released twice, and is not held afterwards', async () => {
        const lock = await open().lock({ name: 'rds1/vol-1', timeoutMs: 0 });
        lock.assertHeld();
        await Promise.all([lock.release(), lock.release()]);
        await lock.release();
        expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ reason: 'LOST_LOCK' }) as Error);
      });

      it('is released when the store is closed', async () => {
        const store = fixture.open();
        await store.lock({ name: 'rds1/vol-1', timeoutMs: 0 });
        await store.close();
        await (await open().lock({ name: 'rds1/vol-1', timeoutMs: 0 })).release();
      });
    });
  });
}

function reversed<T>(table: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(table).reverse());
}
