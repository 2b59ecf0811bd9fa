import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { connectFrom } from '../../src/ssh/connect.ts';
import type { Connection, SshTarget } from '../../src/ssh/connection.ts';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { startFakeServer } from './fixtures/fake-server.ts';
import { freePort } from './fixtures/openssh.ts';
import { signalled, startRawServer } from './fixtures/raw-server.ts';
import {
  environmentOf,
  makeDirectory,
  makeHome,
  makeKey,
  targetAt,
  type KeyPair,
} from './fixtures/workspace.ts';

// Connections that do not come about, whoever is to blame, and how long each may take.

const directory = makeDirectory();
let hostKey: KeyPair;
let userKey: KeyPair;

beforeAll(() => {
  hostKey = makeKey(join(directory.path, 'host'), 'ed25519');
  userKey = makeKey(join(directory.path, 'user'), 'ed25519');
});

afterAll(() => {
  directory.remove();
});

afterEach(() => {
  vi.useRealTimers();
});

function connectTo(port: number, signal?: AbortSignal, more: Partial<SshTarget> = {}): Promise<Connection> {
  const target = targetAt(port, {
    user: 'root',
    identityFile: userKey.file,
    hostKey: hostKey.fingerprint,
    connectTimeoutMs: 10_000,
    ...more,
  });
  return connectFrom(environmentOf(makeHome()), target, signal === undefined ? {} : { signal });
}

/** The phases in which a server can leave a client waiting; `reached` settles when the client waits there. */
const HANGS = {
  greeting: async () => {
    const reached = signalled();
    const server = await startRawServer((socket) => {
      // The client's own greeting is the last that comes.
      socket.once('data', () => {
        reached.resolve();
      });
    });
    return { port: server.port, reached: reached.promise, closed: () => whenClosed(server.sockets[0]) };
  },
  handshake: async () => {
    const reached = signalled();
    const server = await startRawServer((socket) => {
      socket.write('SSH-2.0-Hangs\r\n');
      let bytes = 0;
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        // More than a greeting: the client's offer of algorithms, which it makes once it has ours.
        if (bytes > 300) reached.resolve();
      });
    });
    return { port: server.port, reached: reached.promise, closed: () => whenClosed(server.sockets[0]) };
  },
  login: async () => {
    const reached = signalled();
    const closed = signalled();
    const server = await startFakeServer({
      hostKeys: [hostKey.file],
      onAuthentication: () => {
        server.clients[0]?.on('close', () => {
          closed.resolve();
        });
        reached.resolve();
      },
    });
    return { port: server.port, reached: reached.promise, closed: () => closed.promise };
  },
};

async function whenClosed(socket: ({ closed: boolean } & NodeJS.EventEmitter) | undefined): Promise<void> {
  if (socket !== undefined && !socket.closed) await once(socket, 'close');
}

const phases = Object.keys(HANGS) as (keyof typeof HANGS)[];

test.each(phases)('a server that hangs in the %s is given up after the time-out', async (phase) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const hang = await HANGS[phase]();
  const failed = expect(connectTo(hang.port)).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    exitCode: 6,
    message: expect.stringMatching(
      /^node-1 \(root@127\.0\.0\.1:\d+\) can't be reached: .* within 10 s$/,
    ) as string,
    hints: [{ run: expect.stringContaining(`-p ${hang.port} root@127.0.0.1`) as string }],
    details: { phase, sent: false, timeoutMs: 10_000 },
  });
  await hang.reached;
  vi.advanceTimersByTime(9_999);
  vi.advanceTimersByTime(1);
  await failed;
  await hang.closed();
  expect(vi.getTimerCount()).toBe(0);
});

test.each(phases)('a signal ends the wait for a server that hangs in the %s', async (phase) => {
  const hang = await HANGS[phase]();
  const controller = new AbortController();
  const reason = new RdsctlError('TIMED_OUT', { message: 'the time is over' });
  const failed = expect(connectTo(hang.port, controller.signal)).rejects.toMatchObject({
    reason: 'TIMED_OUT',
    message: 'the time is over',
    details: { sent: false },
  });
  await hang.reached;
  controller.abort(reason);
  await failed;
  await hang.closed();
});

test('a signal that came before the start', async () => {
  const port = await freePort();
  await expect(connectTo(port, AbortSignal.abort())).rejects.toMatchObject({ reason: 'INTERRUPTED' });
});

test('a signal that comes right after the start', async () => {
  const port = await freePort();
  const controller = new AbortController();
  const failed = expect(connectTo(port, controller.signal)).rejects.toMatchObject({ reason: 'INTERRUPTED' });
  controller.abort();
  await failed;
});

test('an ssh-agent that never answers', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const server = await startFakeServer({ hostKeys: [hostKey.file] });
  const agentSocket = join(directory.path, 'silent-agent');
  const asked = signalled();
  const agent = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      asked.resolve();
    });
  });
  agent.listen(agentSocket);
  onTestFinished(() => {
    agent.close();
  });
  const target = targetAt(server.port, { hostKey: hostKey.fingerprint, connectTimeoutMs: 10_000 });
  const failed = expect(
    connectFrom(environmentOf(makeHome(), { agentSocket }), target, {}),
  ).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    message: expect.stringContaining('the ssh-agent did not answer within 10 s') as string,
    details: { phase: 'keys' },
  });
  await asked.promise;
  vi.advanceTimersByTime(10_000);
  await failed;
  expect(server.logins()).toBe(0);
});

test('nobody listens', async () => {
  const port = await freePort();
  await expect(connectTo(port)).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    message: `node-1 (root@127.0.0.1:${port}) can't be reached: connection refused (ECONNREFUSED) by 127.0.0.1`,
    details: { phase: 'reach' },
  });
});

test('nobody listens at any address of a name', async () => {
  const port = await freePort();
  await expect(connectTo(port, undefined, { host: 'localhost' })).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    message: expect.stringContaining('connection refused (ECONNREFUSED) by 127.0.0.1') as string,
  });
});

test('a name that does not exist', async () => {
  await expect(connectTo(22, undefined, { host: 'no-such-host.invalid' })).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    message: expect.stringMatching(/the name (is not known|could not be looked up)/) as string,
  });
});

test('a server that closes at once', async () => {
  const server = await startRawServer((socket) => socket.end());
  await expect(connectTo(server.port)).rejects.toMatchObject({ reason: 'CONNECT_FAILED' });
});

test('a server that resets at once', async () => {
  const server = await startRawServer((socket) => socket.resetAndDestroy());
  await expect(connectTo(server.port)).rejects.toMatchObject({ reason: 'CONNECT_FAILED' });
});

test.each([
  ['a web server', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
  ['SSH 1', 'SSH-1.5-old\r\n'],
  ['bytes of no meaning', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 251))],
  [
    'a greeting and then no packets',
    'SSH-2.0-x\r\nthis is not a packet, although it is long enough to be one\r\n',
  ],
])('a server that is %s', async (_name, bytes) => {
  const server = await startRawServer((socket) => socket.end(bytes));
  await expect(connectTo(server.port)).rejects.toMatchObject({ reason: 'CONNECT_FAILED', exitCode: 6 });
});

test('a server without an algorithm that we have', async () => {
  const server = await startFakeServer({
    hostKeys: [hostKey.file],
    algorithms: { kex: ['diffie-hellman-group14-sha1'] },
  });
  await expect(connectTo(server.port)).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    message: expect.stringContaining('no matching key exchange algorithm') as string,
    details: { phase: 'handshake' },
  });
});

test('no login is tried before the host key is accepted', async () => {
  const server = await startFakeServer({ hostKeys: [hostKey.file] });
  await expect(connectTo(server.port, undefined, { hostKey: userKey.fingerprint })).rejects.toMatchObject({
    reason: 'HOST_KEY_MISMATCH',
  });
  expect(server.logins()).toBe(0);
});

test('a server that takes passwords only', async () => {
  const server = await startFakeServer({
    hostKeys: [hostKey.file],
    onAuthentication: (context) => {
      context.reject(['password']);
    },
  });
  await expect(connectTo(server.port)).rejects.toMatchObject({
    reason: 'LOGIN_FAILED',
    message: expect.stringContaining('it takes no keys, only password (offered were ') as string,
  });
});

test('a server that wants something besides the key', async () => {
  const server = await startFakeServer({
    hostKeys: [hostKey.file],
    onAuthentication: (context) => {
      context.reject(['keyboard-interactive'], true);
    },
  });
  await expect(connectTo(server.port)).rejects.toMatchObject({
    reason: 'LOGIN_FAILED',
    message: expect.stringContaining('it wants more than a key, only keyboard-interactive') as string,
  });
});

test('a server that closes in the login', async () => {
  const server = await startFakeServer({
    hostKeys: [hostKey.file],
    onAuthentication: () => {
      server.clients[0]?.end();
    },
  });
  await expect(connectTo(server.port)).rejects.toMatchObject({ reason: 'LOGIN_FAILED' });
});
