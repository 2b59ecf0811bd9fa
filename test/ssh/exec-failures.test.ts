import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { connectFrom } from '../../src/ssh/connect.ts';
import type { Connection } from '../../src/ssh/connection.ts';
import { answer, startFakeServer, type FakeServer, type FakeServerPlan } from './fixtures/fake-server.ts';
import { signalled } from './fixtures/raw-server.ts';
import {
  environmentOf,
  makeDirectory,
  makeHome,
  makeKey,
  targetAt,
  type KeyPair,
} from './fixtures/workspace.ts';

// Commands whose answer does not come, or not whole: what is thrown, and whether the command may have run.

const directory = makeDirectory();
const timeoutMs = 30_000;
let hostKey: KeyPair;
let userKey: KeyPair;

beforeAll(() => {
  hostKey = makeKey(join(directory.path, 'host'), 'rsa');
  userKey = makeKey(join(directory.path, 'user'), 'ed25519');
});

afterAll(() => {
  directory.remove();
});

afterEach(() => {
  vi.useRealTimers();
});

async function connectToFake(
  plan: Omit<FakeServerPlan, 'hostKeys'>,
  maxOutputBytes?: number,
): Promise<{ server: FakeServer; connection: Connection }> {
  const server = await startFakeServer({ hostKeys: [hostKey.file], ...plan });
  const target = targetAt(server.port, {
    user: 'root',
    identityFile: userKey.file,
    hostKey: hostKey.fingerprint,
  });
  const connection = await connectFrom(environmentOf(makeHome()), target, {}, maxOutputBytes);
  return { server, connection };
}

/** Resolves when the server's side of its first connection has ended. */
function closeOf(server: FakeServer): Promise<void> {
  return new Promise((resolve) => {
    server.clients[0]?.on('close', () => {
      resolve();
    });
  });
}

test('a server like RouterOS: RSA host key, no exit status, keep-alive never answered', async () => {
  const { server, connection } = await connectToFake({
    ident: 'ROSSSH',
    algorithms: {
      kex: ['diffie-hellman-group14-sha256'],
      serverHostKey: ['rsa-sha2-256'],
      cipher: ['aes256-ctr'],
      hmac: ['hmac-sha2-256'],
    },
    onExec: (command, channel) => {
      answer(channel, `${command}\r\n`, null);
    },
  });
  const requests: string[] = [];
  server.clients[0]?.on('request', (_accept, _reject, name: string) => {
    requests.push(name);
  });
  const result = await connection.exec(':put 1', { timeoutMs });
  expect(result).toEqual({ stdout: ':put 1\r\n', stderr: '', exitCode: null, signal: null });
  expect(requests).toEqual([]);
  await connection.close();
});

test('no answer within the time-out ends the connection', async () => {
  const arrived = signalled();
  const { server, connection } = await connectToFake({
    onExec: () => {
      arrived.resolve();
    },
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const gone = closeOf(server);
  const failed = expect(connection.exec('slow', { timeoutMs: 5000 })).rejects.toMatchObject({
    reason: 'NO_ANSWER',
    message: `node-1 (root@127.0.0.1:${server.port}) did not answer within 5 s`,
    now: 'What was asked may have happened.',
    details: { sent: true, timeoutMs: 5000 },
  });
  const queued = expect(connection.exec('next', { timeoutMs: 5000 })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    details: { sent: false },
  });
  await arrived.promise;
  vi.advanceTimersByTime(5000);
  await failed;
  await queued;
  await gone;
  expect(server.commands).toEqual(['slow']);
  expect(vi.getTimerCount()).toBe(0);
  await connection.close();
});

const cuts: [string, (channel: ServerChannel, destroy: () => void) => void][] = [
  [
    'before any answer',
    (_channel, destroy) => {
      destroy();
    },
  ],
  [
    'in mid-answer',
    (channel, destroy) => {
      channel.write('half', destroy);
    },
  ],
  [
    'after the exit status, before the channel is closed',
    (channel, destroy) => {
      channel.write('all of it', () => {
        channel.exit(0);
        destroy();
      });
    },
  ],
];

test.each(cuts)('a connection that is cut %s', async (_when, cut) => {
  const { connection } = await connectToFake({
    onExec: (_command, channel, socket) => {
      cut(channel, () => {
        socket.destroySoon();
      });
    },
  });
  await expect(connection.exec('x', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    exitCode: 6,
    details: { sent: true },
  });
  await expect(connection.exec('y', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    details: { sent: false },
  });
  await connection.close();
});

test('a connection that is reset', async () => {
  const { connection } = await connectToFake({
    onExec: (_command, _channel, socket) => socket.resetAndDestroy(),
  });
  await expect(connection.exec('x', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    message: expect.stringContaining('connection reset by peer (ECONNRESET)') as string,
    details: { sent: true },
  });
});

test('a connection that is cut while the command still waits for its channel', async () => {
  const { server, connection } = await connectToFake({
    onSession: (_accept, _reject, socket) => {
      socket.destroy();
      return false;
    },
  });
  await expect(connection.exec('x', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    details: { sent: false },
  });
  expect(server.commands).toEqual([]);
});

test('a server that opens no channel; the connection lives on', async () => {
  let refused = 0;
  const { connection } = await connectToFake({
    onSession: (_accept, reject) => {
      if (refused++ > 0) return true;
      reject();
      return false;
    },
  });
  await expect(connection.exec('x', { timeoutMs })).rejects.toMatchObject({
    reason: 'REMOTE_ERROR',
    details: { sent: false },
  });
  expect(await connection.exec('y', { timeoutMs })).toMatchObject({ exitCode: 0 });
  await connection.close();
});

test('a server that refuses the command counts as one that may have run it', async () => {
  const { connection } = await connectToFake({ refuseExec: true });
  await expect(connection.exec('x', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    details: { sent: true },
  });
});

test('a connection that the server closed while it was idle: nothing was sent', async () => {
  const { server, connection } = await connectToFake({});
  await connection.exec('x', { timeoutMs });
  const gone = closeOf(server);
  server.clients[0]?.end();
  await gone;
  await expect(connection.exec('y', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    details: { sent: false },
  });
  expect(server.commands).toEqual(['x']);
});

test('more output than is taken', async () => {
  const { connection } = await connectToFake(
    {
      onExec: (_command, channel) => {
        channel.stderr.write('y'.repeat(600));
        answer(channel, 'x'.repeat(600), 0);
      },
    },
    1000,
  );
  await expect(connection.exec('x', { timeoutMs })).rejects.toMatchObject({
    reason: 'BAD_ANSWER',
    details: { sent: true, maxOutputBytes: 1000 },
  });
});

test('a signal ends a command that was sent, and the connection with it', async () => {
  const arrived = signalled();
  const { connection } = await connectToFake({
    onExec: () => {
      arrived.resolve();
    },
  });
  const controller = new AbortController();
  const failed = expect(connection.exec('x', { timeoutMs, signal: controller.signal })).rejects.toMatchObject(
    {
      reason: 'INTERRUPTED',
      details: { sent: true },
    },
  );
  await arrived.promise;
  controller.abort();
  await failed;
  await expect(connection.exec('y', { timeoutMs })).rejects.toMatchObject({ details: { sent: false } });
});

test('a signal takes a command out of the queue; the others go on', async () => {
  const first = signalled<ServerChannel>();
  const { server, connection } = await connectToFake({
    onExec: (command, channel) => {
      if (command === 'one') first.resolve(channel);
      else answer(channel, command, 0);
    },
  });
  const controller = new AbortController();
  const one = connection.exec('one', { timeoutMs });
  const two = connection.exec('two', { timeoutMs, signal: controller.signal });
  const three = connection.exec('three', { timeoutMs });
  const channel = await first.promise;
  controller.abort();
  await expect(two).rejects.toMatchObject({ reason: 'INTERRUPTED', details: { sent: false } });
  expect(server.commands).toEqual(['one']);
  answer(channel, 'one', 0);
  expect((await one).stdout).toBe('one');
  expect((await three).stdout).toBe('three');
  expect(server.commands).toEqual(['one', 'three']);
  await connection.close();
});

test('closing fails the command that runs and those that wait', async () => {
  const arrived = signalled();
  const { connection } = await connectToFake({
    onExec: () => {
      arrived.resolve();
    },
  });
  const one = expect(connection.exec('one', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    details: { sent: true },
  });
  const two = expect(connection.exec('two', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    details: { sent: false },
  });
  await arrived.promise;
  await connection.close();
  await one;
  await two;
});
