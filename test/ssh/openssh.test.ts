import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectFrom } from '../../src/ssh/connect.ts';
import type { Connection } from '../../src/ssh/connection.ts';
import { keptOf } from '../garbage.ts';
import { startOpenSsh, type OpenSshServer } from './fixtures/openssh.ts';
import { environmentOf, makeHome, targetAt } from './fixtures/workspace.ts';

// Commands and their answers, against a real OpenSSH server.

let server: OpenSshServer;
let connection: Connection;
const timeoutMs = 60_000;

beforeAll(async () => {
  server = await startOpenSsh();
  const target = targetAt(server.port, {
    identityFile: server.userKey.file,
    hostKey: server.hostKeys.ed25519.fingerprint,
  });
  connection = await connectFrom(environmentOf(server.directory), target, {});
});

afterAll(async () => {
  await connection.close();
  await server.stop();
});

test('a command has its output, errors and exit code', async () => {
  const result = await connection.exec('echo out; echo err >&2; exit 7', { timeoutMs });
  expect(result).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 7, signal: null });
});

test('the same connection runs one command after the other', async () => {
  expect((await connection.exec('echo 1', { timeoutMs })).stdout).toBe('1\n');
  expect((await connection.exec('echo 2', { timeoutMs })).stdout).toBe('2\n');
});

test('a connection keeps nothing of what was answered', async () => {
  expect(await keptOf(20, () => connection.exec('echo 1', { timeoutMs }))).toBeLessThan(5);
});

test('two commands at once wait for each other', async () => {
  const log = `${server.directory}/order`;
  const first = connection.exec(`echo start-1 >>${log}; sleep 0.2; echo end-1 >>${log}`, { timeoutMs });
  const second = connection.exec(`echo start-2 >>${log}; cat ${log}`, { timeoutMs });
  await first;
  expect((await second).stdout).toBe('start-1\nend-1\nstart-2\n');
});

test('a command that a signal ended has its name and no exit code', async () => {
  const result = await connection.exec('kill -TERM $$', { timeoutMs });
  expect(result).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
});

test('every byte comes back as it went', async () => {
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index)).repeat(1000);
  const result = await connection.exec('cat', { stdin: bytes, timeoutMs });
  expect(result.stdout === bytes).toBe(true);
  expect(result.exitCode).toBe(0);
});

test('a command that reads from standard input when none is given finds its end', async () => {
  expect(await connection.exec('cat; echo done', { timeoutMs })).toMatchObject({ stdout: 'done\n' });
});

test('a command that does not read what it is given ends all the same', async () => {
  const stdin = 'x'.repeat(4 * 1024 * 1024);
  expect(await connection.exec('exit 4', { stdin, timeoutMs })).toMatchObject({ exitCode: 4 });
});

test('output larger than any window comes whole, on both streams', async () => {
  const command = 'head -c 9000000 /dev/zero & head -c 5000000 /dev/zero >&2; wait';
  const result = await connection.exec(command, { timeoutMs });
  expect([result.stdout.length, result.stderr.length]).toEqual([9_000_000, 5_000_000]);
});

test('there is no terminal', async () => {
  expect(await connection.exec('tty; [ -t 1 ] || echo no', { timeoutMs })).toMatchObject({
    stdout: 'not a tty\nno\n',
  });
});

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === '::1'));

test.runIf(hasIPv6)('an IPv6 address is reached, and stands in brackets in the peer', async () => {
  const target = targetAt(server.port, {
    host: '::1',
    identityFile: server.userKey.file,
    hostKey: server.hostKeys.ed25519.fingerprint,
  });
  const other = await connectFrom(environmentOf(makeHome()), target, {});
  expect(other.peer).toBe(`${target.user ?? ''}@[::1]:${server.port}`);
  expect(await other.exec('echo 6', { timeoutMs })).toMatchObject({ stdout: '6\n' });
  await other.close();
});

test('a host name is looked up', async () => {
  const target = targetAt(server.port, {
    host: 'localhost',
    identityFile: server.userKey.file,
    hostKey: server.hostKeys.ed25519.fingerprint,
  });
  const other = await connectFrom(environmentOf(makeHome()), target, {});
  expect(await other.exec('echo name', { timeoutMs })).toMatchObject({ stdout: 'name\n' });
  await other.close();
});

test('an exec after close is refused and was not sent', async () => {
  const target = targetAt(server.port, { identityFile: server.userKey.file, verifyHostKey: false });
  const other = await connectFrom(environmentOf(makeHome()), target, {});
  await other.close();
  await other.close();
  await expect(other.exec('true', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    details: { sent: false },
  });
});

test('after close nothing keeps the process alive', async () => {
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
  await handlesClosed();
  const before = sockets();
  const target = targetAt(server.port, { identityFile: server.userKey.file, verifyHostKey: false });
  const other = await connectFrom(environmentOf(makeHome()), target, {});
  expect(sockets()).toBe(before + 1);
  await other.close();
  await handlesClosed();
  expect(sockets()).toBe(before);
});

/** Waits until the event loop has closed what was destroyed, which it does after its immediates. */
async function handlesClosed(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
