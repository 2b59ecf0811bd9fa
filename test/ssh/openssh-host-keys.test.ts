import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectFrom } from '../../src/ssh/connect.ts';
import type { SshTarget } from '../../src/ssh/connection.ts';
import { startOpenSsh, type OpenSshServer } from './fixtures/openssh.ts';
import {
  environmentOf,
  makeHome,
  makeKey,
  run,
  targetAt,
  writeFile,
  type KeyPair,
} from './fixtures/workspace.ts';

// Which host keys are accepted, of a real OpenSSH server that has an ed25519 and an RSA key.

let server: OpenSshServer;
let other: KeyPair;
let name: string;

beforeAll(async () => {
  server = await startOpenSsh();
  other = makeKey(join(server.directory, 'other_host'), 'ed25519');
  name = `[127.0.0.1]:${server.port}`;
});

afterAll(async () => {
  await server.stop();
});

/** Connects with this known_hosts file in the home directory; resolves when the login was accepted. */
async function connectKnowing(knownHosts: string, more: Partial<SshTarget> = {}): Promise<void> {
  const home = makeHome({ '.ssh/known_hosts': knownHosts });
  const target = targetAt(server.port, { identityFile: server.userKey.file, ...more });
  const connection = await connectFrom(environmentOf(home), target, {});
  await connection.close();
}

test('a configured fingerprint of either key', async () => {
  await connectKnowing('', { hostKey: server.hostKeys.ed25519.fingerprint });
  await connectKnowing('', { hostKey: server.hostKeys.rsa.fingerprint });
});

test('a configured fingerprint that no key has', async () => {
  await expect(connectKnowing('', { hostKey: other.fingerprint })).rejects.toMatchObject({
    reason: 'HOST_KEY_MISMATCH',
    exitCode: 6,
    now: 'No login was tried.',
    details: {
      seen: [server.hostKeys.ed25519.fingerprint, server.hostKeys.rsa.fingerprint],
      expected: [other.fingerprint],
    },
  });
});

test('a configured fingerprint overrules known_hosts', async () => {
  await expect(
    connectKnowing(`${name} ${server.hostKeys.ed25519.line}\n`, { hostKey: other.fingerprint }),
  ).rejects.toMatchObject({ reason: 'HOST_KEY_MISMATCH' });
});

test('no verification where that is configured', async () => {
  await connectKnowing(`${name} ${other.line}\n`, { verifyHostKey: false });
});

test('known_hosts as ssh-keyscan and ssh-keygen -H write it', async () => {
  const home = makeHome();
  const scanned = run('ssh-keyscan', ['-p', String(server.port), '127.0.0.1']);
  await connectKnowing(scanned);
  const file = writeFile(join(home, 'known_hosts'), scanned);
  run('ssh-keygen', ['-q', '-H', '-f', file]);
  const hashed = readFileSync(file, 'utf8');
  expect(hashed).toMatch(/^\|1\|/);
  await connectKnowing(hashed);
});

test('the type of key that is known is asked for', async () => {
  await connectKnowing(`${name} ${server.hostKeys.rsa.line}\n`);
  await connectKnowing(`${name} ${server.hostKeys.ed25519.line}\n`);
});

test('an unknown key is told with what accepts it', async () => {
  const home = makeHome();
  const target = targetAt(server.port, { identityFile: server.userKey.file });
  const fingerprint = server.hostKeys.ed25519.fingerprint;
  const error: unknown = await connectFrom(environmentOf(home), target, {}).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    reason: 'HOST_KEY_UNKNOWN',
    exitCode: 6,
    hints: [
      { run: `hostKey: ${fingerprint}` },
      { run: `ssh-keyscan -t ed25519 -p ${server.port} 127.0.0.1 >> ${home}/.ssh/known_hosts` },
    ],
    details: { seen: [fingerprint], seenTypes: ['ssh-ed25519'] },
  });
  expect(String(error)).toContain(`${fingerprint} (ssh-ed25519), which is not known`);
});

test('another key than the known one, or one of another type', async () => {
  const error: unknown = await connectKnowing(`# mine\n${name} ${other.line}\n`).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    reason: 'HOST_KEY_MISMATCH',
    hints: [
      { run: expect.stringMatching(/^ssh-keygen -R '\[127\.0\.0\.1\]:\d+' -f \S+known_hosts$/) as string },
    ],
  });
  expect(String(error)).toContain(server.hostKeys.ed25519.fingerprint);
  expect(String(error)).toContain(`expected was ${other.fingerprint} (ssh-ed25519, `);
  expect(String(error)).toContain('known_hosts:2)');
  const ecdsa = makeKey(join(makeHome(), 'ecdsa'), 'ecdsa');
  await expect(connectKnowing(`${name} ${ecdsa.line}\n`)).rejects.toMatchObject({
    reason: 'HOST_KEY_MISMATCH',
  });
});

test('a revoked key is refused, even when it is known too', async () => {
  const { line } = server.hostKeys.ed25519;
  await expect(connectKnowing(`${name} ${line}\n@revoked * ${line}\n`)).rejects.toMatchObject({
    reason: 'HOST_KEY_MISMATCH',
    message: expect.stringContaining('marked @revoked in') as string,
  });
});

test('a configured known_hosts file is the only one', async () => {
  const home = makeHome();
  const knownHosts = writeFile(join(home, 'mine'), `${name} ${server.hostKeys.rsa.line}\n`);
  await connectKnowing('', { knownHosts });
  const empty = join(home, 'none');
  await expect(
    connectKnowing(`${name} ${server.hostKeys.rsa.line}\n`, { knownHosts: empty }),
  ).rejects.toMatchObject({
    reason: 'HOST_KEY_UNKNOWN',
    hints: [{}, { run: expect.stringContaining(`>> ${empty}`) as string }],
  });
  await expect(connectKnowing('', { knownHosts: home })).rejects.toMatchObject({ reason: 'LOCAL_IO' });
});

test('a HostKeyAlias of ~/.ssh/config is what is looked for', async () => {
  const home = makeHome({
    '.ssh/config': 'Host 127.0.0.1\n  HostKeyAlias node-one\n  UserKnownHostsFile ~/.ssh/other\n',
    '.ssh/other': `node-one ${server.hostKeys.ed25519.line}\n`,
  });
  const target = targetAt(server.port, { identityFile: server.userKey.file });
  const connection = await connectFrom(environmentOf(home), target, {});
  await connection.close();
});
