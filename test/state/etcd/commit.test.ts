import { describe, expect, it } from 'vitest';
import type { State, StateChange } from '../../../src/state/state.ts';
import { sampleAttachment, sampleBody } from '../samples.ts';
import { many } from './many.ts';
import { etcdPlace } from './place.ts';
import type { EtcdProxy, Fate } from './proxy.ts';

const place = etcdPlace();
const open = place.open;
const proxied = place.proxy;

const count = (state: State): StateChange => ({
  ...state,
  tokens: { ...state.tokens, n: (state.tokens['n'] ?? 0) + 1 },
});

/** Does this to the first transaction that changes the state, and lets everything else pass. */
function firstCommit(fate: Fate, then: () => void | Promise<void> = () => undefined): EtcdProxy['fate'] {
  let done = false;
  return async (path) => {
    if (path !== '/v3/kv/txn' || done) return 'pass';
    done = true;
    await then();
    return fate;
  };
}

describe('a commit whose answer is lost', () => {
  it.each<Fate>(['swallow', 'refuse'])('is done once (%s)', async (fate) => {
    const proxy = await proxied();
    const store = open(proxy.endpoint);
    await store.update(count);
    proxy.fate = firstCommit(fate);
    expect(await store.update(count)).toMatchObject({ serial: 2, tokens: { n: 2 } });
    expect(await open().read()).toMatchObject({ serial: 2, tokens: { n: 2 } });
    expect((await store.update(count)).tokens['n']).toBe(3);
  });

  it('is found among later ones of others', async () => {
    const proxy = await proxied();
    const [store, other] = [open(proxy.endpoint), open()];
    await store.update(count);
    let asked = 0;
    proxy.fate = async (path): Promise<Fate> => {
      if (path !== '/v3/kv/txn') return 'pass';
      asked += 1;
      if (asked === 2) await other.update(count);
      return asked === 1 ? 'swallow' : 'pass';
    };
    expect(await store.update(count)).toMatchObject({ serial: 3, tokens: { n: 3 } });
    // The commit, and the question what became of it.
    expect(asked).toBe(2);
  });

  it('that others overtook is made anew from the state as they left it', async () => {
    const proxy = await proxied();
    const [store, other] = [open(proxy.endpoint), open()];
    await store.update(count);
    proxy.fate = firstCommit('refuse', async () => {
      await other.update(count);
    });
    expect(await store.update(count)).toMatchObject({ serial: 3, tokens: { n: 3 } });
  });

  it('and can not be asked after, is told to be unknown', async () => {
    const proxy = await proxied();
    const store = open(proxy.endpoint);
    await store.update(count);
    let gone = false;
    proxy.fate = (path) => {
      if (gone) return 'refuse';
      gone = path === '/v3/kv/txn';
      return gone ? 'swallow' : 'pass';
    };
    await expect(store.update(count)).rejects.toMatchObject({ reason: 'STATE_OUTCOME_UNKNOWN', exitCode: 6 });
    expect((await open().read()).tokens['n']).toBe(2);
  });

  it('among more commits of others than are remembered, is told to be unknown', async () => {
    const proxy = await proxied();
    const [store, other] = [open(proxy.endpoint), open()];
    await store.update(count);
    proxy.fate = firstCommit('refuse', async () => {
      for (let round = 0; round < 64; round += 1) await other.update(count);
    });
    await expect(store.update(count)).rejects.toMatchObject({ reason: 'STATE_OUTCOME_UNKNOWN' });
    expect((await other.read()).tokens['n']).toBe(65);
  });
});

describe('a commit of', () => {
  it.each([127, 128, 129, 1_000, 3_000])('%d volumes is one', async (size) => {
    const store = open();
    expect((await store.update(() => many(size, 1))).serial).toBe(1);
    const changed = await store.update(() => many(size, 2));
    expect(changed).toMatchObject({ serial: 2, ...many(size, 2) });
    expect(await open().read()).toEqual(changed);
    await store.update(() => ({ attachments: {}, tokens: {}, nodes: {} }));
    expect(await place.raw.names(/volumes/)).toEqual([]);
    expect(await open().read()).toMatchObject({ serial: 3, attachments: {}, tokens: {} });
  });

  it('a value of 900,000 bytes is made', async () => {
    const by = 'x'.repeat(900_000);
    const long = sampleAttachment('vol-1', { by });
    await open().update((state) => ({ ...state, attachments: { [long.volume]: long } }));
    expect((await open().read()).attachments['rds1/vol-1']?.by).toBe(by);
  });

  it('one volume writes two keys: its own, and the one that counts the commits', async () => {
    const store = open();
    await store.update(() => sampleBody());
    const before = await place.raw.all();
    await store.update((state) => ({ ...state, tokens: { ...state.tokens, 'rds1/vol-1': 4 } }));
    const after = await place.raw.all();
    const written = [...after].filter(
      ([name, { modRevision }]) => before.get(name)?.modRevision !== modRevision,
    );
    expect(written.map(([name]) => name.replace(/^state\/[0-9a-f]{12}\//, '')).sort()).toEqual([
      'state/meta',
      'volumes/rds1%2Fvol-1',
    ]);
  });
});

describe('a change made by an old view of the state', () => {
  it('that throws is asked again with the newest', async () => {
    const [store, other] = [open(), open()];
    await store.update(count);
    await other.update(count);
    const saw: unknown[] = [];
    const change = store.update((state) => {
      saw.push(state.tokens['n']);
      throw new Error('no');
    });
    await expect(change).rejects.toThrow('no');
    expect(saw.at(-1)).toBe(2);
  });

  it('that changes nothing is asked again with the newest', async () => {
    const [store, other] = [open(), open()];
    await store.update((state) => ({ ...state, tokens: { a: 1 } }));
    await other.update((state) => ({ ...state, tokens: { a: 2 } }));
    const made = await store.update((state) =>
      state.tokens['a'] === 1 ? state : { ...state, tokens: { a: 3 } },
    );
    expect(made).toMatchObject({ serial: 3, tokens: { a: 3 } });
  });

  it('is made on top of what others added and removed', async () => {
    const [store, other] = [open(), open()];
    await store.update((state) => ({ ...state, tokens: { a: 1, b: 1 } }));
    await other.update((state) => ({ ...state, tokens: { b: 1, c: 1 } }));
    const made = await store.update((state) => ({ ...state, tokens: { ...state.tokens, d: 1 } }));
    expect(made.tokens).toEqual({ b: 1, c: 1, d: 1 });
    expect((await open().read()).tokens).toEqual({ b: 1, c: 1, d: 1 });
  });

  it.each<[string, (key: string) => Promise<void>]>([
    ['changed', (key) => place.raw.put(key, '{"attachment":null,"token":7}')],
    ['removed', (key) => place.raw.delete(key)],
  ])('is refused when other hands than rdsctl %s the same key', async (_, meddle) => {
    const store = open();
    await store.update((state) => ({ ...state, tokens: { a: 1, b: 1 } }));
    const [key = ''] = await place.raw.names(/volumes\/a$/);
    await meddle(key);
    const before = await place.raw.all();
    await expect(
      store.update((state) => ({ ...state, tokens: { ...state.tokens, a: 2 } })),
    ).rejects.toMatchObject({
      reason: 'STATE_DAMAGED',
    });
    expect(await place.raw.all()).toEqual(before);
  });

  it('is refused when other hands than rdsctl changed another key', async () => {
    const store = open();
    await store.update((state) => ({ ...state, tokens: { a: 1, b: 1 } }));
    const [key = ''] = await place.raw.names(/volumes\/b$/);
    await place.raw.put(key, '{"attachment":null,"token":7}');
    await expect(
      store.update((state) => ({ ...state, tokens: { ...state.tokens, a: 2 } })),
    ).rejects.toMatchObject({
      reason: 'STATE_DAMAGED',
    });
  });

  it('gives up with LOCKED when others are faster each time', async () => {
    const proxy = await proxied();
    const [store, other] = [open(proxy.endpoint, { timeoutMs: 300 }), open()];
    await store.update(count);
    proxy.fate = async (path): Promise<Fate> => {
      if (path === '/v3/kv/txn') await other.update(count);
      return 'pass';
    };
    await expect(store.update(count)).rejects.toMatchObject({ reason: 'LOCKED', exitCode: 5 });
  });
});
