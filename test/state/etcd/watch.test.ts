import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openEtcdStore } from '../../../src/state/etcd/etcd-store.ts';
import type { State, StateChange } from '../../../src/state/state.ts';
import type { StateStore } from '../../../src/state/store.ts';
import { EtcdServer } from './etcd-server.ts';
import { accessTo, newPrefix, optionsFor } from './fixture.ts';
import { etcdPlace } from './place.ts';
import type { Fate } from './proxy.ts';

const place = etcdPlace();
const HASTY = { connectMs: 500, requestMs: 500, slowMs: 100, quietMs: 100 };

const count = (state: State): StateChange => ({ ...state, tokens: { n: (state.tokens['n'] ?? 0) + 1 } });

function watching(store: StateStore): AsyncIterator<State, void> & { until: (n: number) => Promise<void> } {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const states = store.watch({ signal: abort.signal, pollMs: 3_600_000 })[Symbol.asyncIterator]();
  return Object.assign(states, {
    until: async (n: number): Promise<void> => {
      for (;;) {
        const next = await states.next();
        if (next.done === true) throw new Error('ended');
        if (next.value.tokens['n'] === n) return;
      }
    },
  });
}

describe('watching', () => {
  it('goes on when the history it would need is compacted meanwhile', async () => {
    const proxy = await place.proxy();
    const writer = place.open();
    await writer.update(count);
    const states = watching(place.open(proxy.endpoint, { timings: HASTY }));
    await states.until(1);
    // Before it begins to listen, what it would hear of is forgotten.
    proxy.fate = async (path): Promise<Fate> => {
      if (path !== '/v3/watch') return 'pass';
      proxy.fate = () => 'pass';
      await writer.update(count);
      await writer.update(count);
      await place.raw.compact();
      return 'pass';
    };
    await states.until(3);
    const next = states.until(4);
    const looks = (): number => proxy.passed.filter((path) => path === '/v3/kv/range').length;
    const before = looks();
    await vi.waitFor(() => expect(looks()).toBeGreaterThan(before + 4), { timeout: 10_000 });
    await writer.update(count);
    await next;
    // It listens again from what is left, and does not ask for what is gone again and again.
    expect(proxy.passed.filter((path) => path === '/v3/watch')).toHaveLength(2);
  });

  it('goes on when the connection is cut off, and misses nothing', async () => {
    const proxy = await place.proxy();
    const writer = place.open();
    await writer.update(count);
    const states = watching(place.open(proxy.endpoint));
    await states.until(1);
    const second = states.until(2);
    await vi.waitFor(() => expect(proxy.passed).toContain('/v3/watch'));
    proxy.cut();
    await writer.update(count);
    await second;
  });

  it('leaves a member that keeps the connection and tells nothing', async () => {
    const proxy = await place.proxy();
    const writer = place.open();
    await writer.update(count);
    const access = accessTo([proxy.endpoint, place.server.endpoint], place.prefix);
    const store = openEtcdStore(optionsFor(access, { timings: HASTY }));
    onTestFinished(() => store.close());
    const states = watching(store);
    await states.until(1);
    proxy.fate = (path): Fate => (path === '/v3/watch' ? 'freeze' : 'hang');
    const second = states.until(2);
    await vi.waitFor(() => expect(proxy.passed).toContain('/v3/watch'));
    await writer.update(count);
    await second;
  });

  it('stays with one that is silent because nothing happens', async () => {
    const proxy = await place.proxy();
    await place.open().update(count);
    const states = watching(place.open(proxy.endpoint, { timings: HASTY }));
    await states.until(1);
    const second = states.until(2);
    const looks = (): number => proxy.passed.filter((path) => path === '/v3/kv/range').length;
    await vi.waitFor(() => expect(looks()).toBeGreaterThan(5), { timeout: 10_000 });
    expect(proxy.passed.filter((path) => path === '/v3/watch')).toHaveLength(1);
    await place.open().update(count);
    await second;
  });

  it('goes on when the cluster was away for a while', async () => {
    const server = await EtcdServer.start();
    onTestFinished(() => server.dispose());
    const access = accessTo([server.endpoint], newPrefix());
    const [watcher, writer] = [openEtcdStore(optionsFor(access)), openEtcdStore(optionsFor(access))];
    onTestFinished(async () => {
      await watcher.close();
      await writer.close();
    });
    await writer.update(count);
    const states = watching(watcher);
    await states.until(1);
    const second = states.until(2);
    await server.kill();
    await server.run();
    await writer.update(count);
    await second;
  });

  it('ends with an error when nobody answers any more', async () => {
    const proxy = await place.proxy();
    await place.open().update(count);
    const states = watching(place.open(proxy.endpoint, { timings: HASTY, timeoutMs: 1_000 }));
    await states.until(1);
    const next = states.next();
    await vi.waitFor(() => expect(proxy.passed).toContain('/v3/watch'));
    proxy.fate = () => 'refuse';
    proxy.cut();
    await expect(next).rejects.toMatchObject({ reason: 'STATE_UNREACHABLE' });
  });
});
