import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import type { EtcdAccess } from '../../../src/state/etcd/access.ts';
import { openEtcdStore, type EtcdStoreOptions } from '../../../src/state/etcd/etcd-store.ts';
import type { StateStore } from '../../../src/state/store.ts';
import { sampleBody } from '../samples.ts';
import { TestAuthority, type Identity } from './certificates.ts';
import { EtcdServer, freePort } from './etcd-server.ts';
import { accessTo, newPrefix, optionsFor } from './fixture.ts';
import { etcdPlace } from './place.ts';

const place = etcdPlace();

/** Short, so that what hangs is left soon. */
const HASTY = { connectMs: 200, requestMs: 200, slowMs: 100, quietMs: 100 };

function openAt(
  endpoints: readonly string[],
  access: Partial<EtcdAccess> = {},
  more: Partial<EtcdStoreOptions> = {},
): StateStore {
  const store = openEtcdStore(
    optionsFor(accessTo(endpoints, place.prefix, access), { timings: HASTY, ...more }),
  );
  onTestFinished(() => store.close());
  return store;
}

async function deadEndpoint(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

/** Takes connections, and answers nothing. */
async function hangingEndpoint(): Promise<string> {
  const proxy = await place.proxy();
  proxy.fate = () => 'hang';
  return proxy.endpoint;
}

async function failure(work: Promise<unknown>): Promise<RdsctlError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (!(error instanceof RdsctlError)) throw new Error(`no error: ${String(error)}`);
  return error;
}

describe('of several endpoints', () => {
  it.each<[string, () => Promise<string>]>([
    ['is dead', deadEndpoint],
    ['hangs', hangingEndpoint],
    ['has no such name', () => Promise.resolve('http://nobody.invalid:2379')],
    [
      'says that it has no leader',
      () => answering(503, '{"error":"etcdserver: no leader","code":14,"message":"etcdserver: no leader"}'),
    ],
    ['is no etcd', () => answering(404, '<html>nginx</html>')],
    ['answers with what is not JSON', () => answering(200, 'hello')],
  ])('one that %s is left for the next', async (_, make) => {
    const store = openAt([await make(), place.server.endpoint]);
    const lock = await store.lock({ name: 'rds1/vol-1', timeoutMs: 0 });
    expect((await store.update(() => sampleBody())).serial).toBe(1);
    expect(await store.read()).toMatchObject(sampleBody());
    lock.assertHeld();
    await lock.release();
  });

  it('a read does not wait for one that hangs, nor for one that answers late', async () => {
    const late = await place.proxy();
    let answer = (): void => undefined;
    late.fate = () => new Promise((resolve) => (answer = () => resolve('pass')));
    const timings = { ...HASTY, connectMs: 60_000, requestMs: 60_000 };
    const store = openAt([await hangingEndpoint(), late.endpoint, place.server.endpoint], {}, { timings });
    expect(await store.read()).toMatchObject({ serial: 0 });
    answer();
    // From here on the one that answered is asked first.
    expect((await store.update(() => sampleBody())).serial).toBe(1);
  });

  it('the one that answered last is asked first', async () => {
    const proxy = await place.proxy();
    proxy.fate = () => 'refuse';
    let asked = 0;
    const store = openAt([proxy.endpoint, place.server.endpoint]);
    await store.read();
    proxy.fate = () => {
      asked += 1;
      return 'pass';
    };
    await store.read();
    await store.update(() => sampleBody());
    expect(asked).toBe(0);
  });

  it('none that answers: the error names each, and why; nothing is changed', async () => {
    const [dead, hangs, odd] = [await deadEndpoint(), await hangingEndpoint(), await answering(404, 'x')];
    const store = openAt([dead, hangs, odd], {}, { timeoutMs: 2_000 });
    for (const work of [
      () => store.read(),
      () => store.update(() => sampleBody()),
      () => store.lock({ name: 'a', timeoutMs: 0 }),
    ]) {
      const error = await failure(work());
      expect(error).toMatchObject({ reason: 'STATE_UNREACHABLE', exitCode: 6, now: 'Nothing was changed.' });
      expect(error.message).toContain(`${dead}: nothing listens there`);
      // The last request has what is left of the time.
      expect(error.message).toContain(`${hangs}: no answer within 0.`);
      expect(error.message).toContain(`${odd}: what answers there (HTTP 404) is not etcd`);
    }
    expect(await place.raw.names(/./)).toEqual([]);
  });

  it('one that has no leader for a while is asked again', async () => {
    const proxy = await place.proxy();
    let times = 0;
    const trouble = { status: 503, text: '{"code":14,"message":"etcdserver: leader changed"}' };
    proxy.fate = () => ((times += 1) <= 4 ? trouble : 'pass');
    expect((await openAt([proxy.endpoint]).update(() => sampleBody())).serial).toBe(1);
  });

  it('ends when its signal is aborted, also while it asks', async () => {
    const store = openAt([await hangingEndpoint()], {}, { timings: { ...HASTY, requestMs: 60_000 } });
    const abort = new AbortController();
    const stop = new RdsctlError('INTERRUPTED', { message: 'stop' });
    const update = store.update(() => sampleBody(), { signal: abort.signal });
    abort.abort(stop);
    await expect(update).rejects.toBe(stop);
  });
});

describe('etcd itself', () => {
  it('that is out of space lets nothing be written, and says so', async () => {
    const proxy = await place.proxy();
    const text = '{"code":8,"message":"etcdserver: mvcc: database space exceeded"}';
    proxy.fate = (path) => (path === '/v3/kv/txn' ? { status: 429, text } : 'pass');
    expect(await failure(openAt([proxy.endpoint]).update(() => sampleBody()))).toMatchObject({
      reason: 'STATE_UNWRITABLE',
      exitCode: 9,
      hints: [{ run: 'etcdctl alarm list' }],
    });
  });

  it('that refuses for another reason is quoted', async () => {
    const proxy = await place.proxy();
    proxy.fate = () => ({ status: 400, text: '{"code":3,"message":"etcdserver: request is too large"}' });
    const error = await failure(openAt([proxy.endpoint]).read());
    expect(error).toMatchObject({ reason: 'REMOTE_ERROR' });
    expect(error.message).toContain('request is too large');
  });

  it.each([
    ['{}'],
    ['[]'],
    ['{"header":{"revision":"x"}}'],
    ['{"header":{"revision":"1"},"kvs":7}'],
    ['{"header":{"revision":"1"},"kvs":[{"key":3}]}'],
  ])('that answers what it should not (%s) is not believed', async (text) => {
    const proxy = await place.proxy();
    proxy.fate = () => ({ status: 200, text });
    expect(await failure(openAt([proxy.endpoint]).read())).toMatchObject({
      reason: 'BAD_ANSWER',
      exitCode: 10,
    });
  });
});

describe('TLS', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let client: Identity;
  let server: EtcdServer;
  let strict: EtcdServer;
  let expired: EtcdServer;
  beforeAll(async () => {
    [authority, stranger] = [new TestAuthority(), new TestAuthority()];
    client = authority.issue('client');
    const own = authority.issue('server');
    server = await EtcdServer.start(own);
    strict = await EtcdServer.start({ ...own, clientCa: authority.cert });
    expired = await EtcdServer.start(authority.issue('expired', -1));
  });
  afterAll(async () => {
    for (const one of [server, strict, expired]) await one.dispose();
    for (const one of [authority, stranger]) one.dispose();
  });
  const trusting = (more: Partial<NonNullable<EtcdAccess['tls']>> = {}): Partial<EtcdAccess> => ({
    tls: { ca: authority.certText, cert: null, key: null, ...more },
  });

  it('with the CA, and with a client certificate where one is asked for', async () => {
    const prefix = newPrefix();
    expect(
      (await openAt([server.endpoint], { ...trusting(), prefix }).update(() => sampleBody())).serial,
    ).toBe(1);
    const tls = trusting({ cert: client.certText, key: client.keyText });
    const store = openAt([strict.endpoint], { ...tls, prefix });
    const lock = await store.lock({ name: 'a', timeoutMs: 0 });
    expect((await store.update(() => sampleBody())).serial).toBe(1);
    for await (const state of store.watch({ signal: new AbortController().signal, pollMs: 1_000 })) {
      expect(state.serial).toBe(1);
      break;
    }
    await lock.release();
  });

  it.each<[string, () => string, () => Partial<EtcdAccess>, RegExp]>([
    [
      'a CA that is not known',
      () => server.endpoint,
      () => ({ tls: { ca: stranger.certText, cert: null, key: null } }),
      /certificate/,
    ],
    [
      'no CA',
      () => server.endpoint,
      () => ({ tls: null }),
      /its certificate is of a CA that is not known here/,
    ],
    ['a certificate that has run out', () => expired.endpoint, trusting, /its certificate has expired/],
    ['no client certificate', () => strict.endpoint, trusting, /it asks for a client certificate|not accept/],
    [
      "a stranger's client certificate",
      () => strict.endpoint,
      () => {
        const { certText: cert, keyText: key } = stranger.issue('client');
        return trusting({ cert, key });
      },
      /client certificate/,
    ],
    [
      'a client certificate that has run out',
      () => strict.endpoint,
      () => {
        const { certText: cert, keyText: key } = authority.issue('late', -1);
        return trusting({ cert, key });
      },
      /client certificate/,
    ],
    [
      'a client key that is no key',
      () => strict.endpoint,
      () => trusting({ cert: client.certText, key: 'no key' }),
      /client certificate or its key can't be used/,
    ],
    [
      'a host name that is not in the certificate',
      () => server.endpoint.replace('127.0.0.1', 'localhost'),
      trusting,
      /not for this name/,
    ],
    [
      'plain where TLS is spoken',
      () => server.endpoint.replace('https', 'http'),
      () => ({}),
      /speak TLS only\? then use etcds:/,
    ],
    [
      'TLS where plain is spoken',
      () => place.server.endpoint.replace('http', 'https'),
      trusting,
      /if not, use etcd:/,
    ],
  ])('%s is refused, and the error says it', async (_, endpoint, access, words) => {
    const error = await failure(
      openAt([endpoint()], access(), { timings: { ...HASTY, connectMs: 2_000, requestMs: 2_000 } }).update(
        () => sampleBody(),
      ),
    );
    expect(error).toMatchObject({ reason: 'STATE_UNREACHABLE', exitCode: 6 });
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain('PRIVATE KEY');
  });
});

async function answering(status: number, text: string): Promise<string> {
  const server: Server = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
