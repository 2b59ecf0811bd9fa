import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import { openEtcdStore } from '../../../src/state/etcd/etcd-store.ts';
import type { StateStore } from '../../../src/state/store.ts';
import { sampleBody } from '../samples.ts';
import { EtcdServer } from './etcd-server.ts';
import { accessTo, newPrefix, optionsFor } from './fixture.ts';
import { EtcdProxy, type Fate } from './proxy.ts';
import { RawKeys } from './raw.ts';

const ALLOWED = '/allowed';
const PASSWORD = 'open, sesame';
let server: EtcdServer;
let open: EtcdServer;

beforeAll(async () => {
  // Tokens last for a second without use.
  server = await EtcdServer.start(undefined, ['--auth-token-ttl', '1']);
  open = await EtcdServer.start();
  const raw = new RawKeys(server.endpoint, ALLOWED);
  await raw.auth('/v3/auth/user/add', { name: 'root', password: 'root' });
  await raw.auth('/v3/auth/role/add', { name: 'root' });
  await raw.auth('/v3/auth/user/grant', { user: 'root', role: 'root' });
  await raw.auth('/v3/auth/user/add', { name: 'rdsctl', password: PASSWORD });
  await raw.auth('/v3/auth/role/add', { name: 'state' });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const perm = { permType: 'READWRITE', key: base64(`${ALLOWED}/`), range_end: base64(`${ALLOWED}0`) };
  await raw.auth('/v3/auth/role/grant', { name: 'state', perm });
  await raw.auth('/v3/auth/user/grant', { user: 'rdsctl', role: 'state' });
  await raw.auth('/v3/auth/enable', {});
  raw.client.close();
});
afterAll(async () => {
  await server.dispose();
  await open.dispose();
});

interface Given {
  readonly endpoint?: string;
  readonly prefix?: string;
  readonly user?: string | null;
  readonly password?: string;
}

function store({
  endpoint = server.endpoint,
  prefix,
  user = 'rdsctl',
  password = PASSWORD,
}: Given = {}): StateStore {
  const login = user === null ? null : { user, password: () => password };
  const access = accessTo([endpoint], prefix ?? `${ALLOWED}${newPrefix()}`, { login });
  const made = openEtcdStore(optionsFor(access, { leaseSeconds: 30 }));
  onTestFinished(() => made.close());
  return made;
}

describe('user and password', () => {
  it('that are right let everything through: state, locks, watch', async () => {
    const one = store();
    const lock = await one.lock({ name: 'a', timeoutMs: 0 });
    const watch = one.watch({ signal: new AbortController().signal, pollMs: 60_000 });
    const states = watch[Symbol.asyncIterator]();
    await states.next();
    const next = states.next();
    await one.update(() => sampleBody());
    expect((await next).value).toMatchObject({ serial: 1 });
    await states.return?.();
    lock.assertHeld();
    await lock.release();
  });

  it.each<[string, Given, RegExp]>([
    ['a wrong password', { password: 'guess' }, /in as rdsctl: authentication failed/],
    ['a user that there is not', { user: 'nobody' }, /in as nobody: authentication failed/],
    ['none', { user: null }, /in without a user: user name is empty/],
    ['a user who may not touch the prefix', { prefix: '/forbidden' }, /in as rdsctl: permission denied/],
  ])('%s is refused at once, without a word of the password', async (_, given, words) => {
    const one = store(given);
    for (const work of [() => one.read(), () => one.update(() => sampleBody())]) {
      const error = (await work().catch((reason: unknown) => reason)) as RdsctlError;
      expect(error).toMatchObject({ reason: 'STATE_LOGIN_FAILED', exitCode: 6, now: 'Nothing was changed.' });
      expect(error.message).toMatch(words);
      expect(JSON.stringify([error.message, error.details, error.hints, String(error.stack)])).not.toMatch(
        /guess|sesame/,
      );
    }
  });

  it('are of no harm to a cluster that asks for none', async () => {
    expect((await store({ endpoint: open.endpoint }).update(() => sampleBody())).serial).toBe(1);
  });

  it('are given again when the token has run out, also in the middle of a commit', async () => {
    const proxy = await EtcdProxy.start(server.endpoint);
    onTestFinished(() => proxy.close());
    const one = store({ endpoint: proxy.endpoint });
    await one.update(() => sampleBody());
    const logins = (): number => proxy.passed.filter((path) => path === '/v3/auth/authenticate').length;
    expect(logins()).toBe(1);
    await runOut(proxy);
    expect((await one.update((state) => ({ ...state, tokens: {} }))).serial).toBe(2);
    expect(logins()).toBe(2);
    let times = 0;
    const expired = { status: 401, text: '{"code":16,"message":"etcdserver: invalid auth token"}' };
    proxy.fate = (path): Fate | typeof expired =>
      path === '/v3/kv/txn' && (times += 1) === 1 ? expired : 'pass';
    expect((await one.update((state) => ({ ...state, tokens: { a: 1 } }))).serial).toBe(3);
    expect(logins()).toBe(3);
  });

  it('are asked for once by many requests at a time', async () => {
    const proxy = await EtcdProxy.start(server.endpoint);
    onTestFinished(() => proxy.close());
    const one = store({ endpoint: proxy.endpoint });
    await Promise.all([one.read(), one.read(), one.lock({ name: 'a', timeoutMs: 0 })]);
    expect(proxy.passed.filter((path) => path === '/v3/auth/authenticate')).toHaveLength(1);
  });
});

/** Waits until etcd takes the last token that was used no longer. */
async function runOut(proxy: EtcdProxy): Promise<void> {
  const token = proxy.lastToken;
  await vi.waitFor(
    async () => {
      const body = JSON.stringify({ key: Buffer.from(`${ALLOWED}/x`).toString('base64') });
      const headers = { authorization: token ?? '' };
      const { status } = await fetch(`${server.endpoint}/v3/kv/range`, { method: 'POST', body, headers });
      expect(status).toBe(401);
    },
    // Each question makes it last for longer.
    { timeout: 30_000, interval: 2_500 },
  );
}
