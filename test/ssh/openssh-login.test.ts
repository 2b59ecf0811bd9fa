import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { connectFrom } from '../../src/ssh/connect.ts';
import type { SshTarget } from '../../src/ssh/connection.ts';
import type { SshEnvironment } from '../../src/ssh/environment.ts';
import { startAgent, startOpenSsh, type OpenSshServer, type SshAgent } from './fixtures/openssh.ts';
import { environmentOf, makeHome, makeKey, targetAt, writeFile, type KeyPair } from './fixtures/workspace.ts';

// Which keys are offered, against a real OpenSSH server and a real ssh-agent.

let server: OpenSshServer;
let stranger: KeyPair;
let encrypted: KeyPair;
let rsa: KeyPair;
const passphrase = 'correct horse';

beforeAll(async () => {
  server = await startOpenSsh();
  stranger = makeKey(join(server.directory, 'stranger'), 'ed25519');
  encrypted = makeKey(join(server.directory, 'encrypted'), 'ed25519', passphrase);
  rsa = makeKey(join(server.directory, 'rsa'), 'rsa');
  server.authorize(encrypted, rsa);
});

afterAll(async () => {
  await server.stop();
});

async function agentWith(...keys: KeyPair[]): Promise<SshAgent> {
  const agent = await startAgent();
  onTestFinished(() => agent.stop());
  for (const key of keys) agent.add(key.file, key === encrypted ? passphrase : undefined);
  return agent;
}

/** Logs in, runs a command and leaves. */
async function logIn(environment: SshEnvironment, more: Partial<SshTarget> = {}): Promise<string> {
  const target = targetAt(server.port, { hostKey: server.hostKeys.ed25519.fingerprint, ...more });
  const connection = await connectFrom(environment, target, {});
  try {
    return (await connection.exec('echo in', { timeoutMs: 60_000 })).stdout;
  } finally {
    await connection.close();
  }
}

test('with the configured key file, ed25519 or RSA', async () => {
  expect(await logIn(environmentOf(makeHome()), { identityFile: server.userKey.file })).toBe('in\n');
  expect(await logIn(environmentOf(makeHome()), { identityFile: rsa.file })).toBe('in\n');
});

test('with a configured key file no other key is offered', async () => {
  const agent = await agentWith(server.userKey);
  const environment = environmentOf(makeHome(), { agentSocket: agent.socket });
  await expect(logIn(environment, { identityFile: stranger.file })).rejects.toMatchObject({
    reason: 'LOGIN_FAILED',
    exitCode: 6,
    message: expect.stringContaining(`it refused every key (offered were ${stranger.file})`) as string,
    hints: [{ run: expect.stringMatching(/^ssh -i \S+stranger -o 'IdentitiesOnly=yes' -p \d+ /) as string }],
  });
});

test('with the agent, whose keys are offered one after the other', async () => {
  const agent = await agentWith(stranger, rsa);
  expect(await logIn(environmentOf(makeHome(), { agentSocket: agent.socket }))).toBe('in\n');
});

test('the keys that an agent offered in vain are told', async () => {
  const agent = await agentWith(stranger);
  await expect(logIn(environmentOf(makeHome(), { agentSocket: agent.socket }))).rejects.toMatchObject({
    reason: 'LOGIN_FAILED',
    details: { offered: [`agent key ${stranger.fingerprint} (test-ed25519)`], sent: false },
  });
});

test('with an encrypted key file that the agent holds', async () => {
  const agent = await agentWith(stranger, encrypted);
  const environment = environmentOf(makeHome(), { agentSocket: agent.socket });
  expect(await logIn(environment, { identityFile: encrypted.file })).toBe('in\n');
  expect(await logIn(environment, { identityFile: `${encrypted.file}.pub` })).toBe('in\n');
});

test('an encrypted key file without an agent says to add it', async () => {
  await expect(logIn(environmentOf(makeHome()), { identityFile: encrypted.file })).rejects.toMatchObject({
    reason: 'BAD_KEY_FILE',
    exitCode: 2,
    message: expect.stringContaining('is encrypted, and no ssh-agent holds the key') as string,
    hints: [{ run: `ssh-add ${encrypted.file}` }],
  });
});

test('an agent that is gone is told, and the default keys are tried', async () => {
  const home = makeHome();
  const environment = environmentOf(home, { agentSocket: join(home, 'no-agent') });
  await expect(logIn(environment)).rejects.toMatchObject({
    reason: 'LOGIN_FAILED',
    message: expect.stringContaining(`no ssh-agent answers at ${home}/no-agent`) as string,
    details: { offered: [] },
  });
  const key = writeFile(join(home, '.ssh/id_ed25519'), '');
  copyFileSync(server.userKey.file, key);
  expect(await logIn(environment)).toBe('in\n');
});

test('a default key that others can read is not offered, and that is told', async () => {
  const home = makeHome();
  const key = writeFile(join(home, '.ssh/id_ed25519'), '');
  copyFileSync(server.userKey.file, key);
  chmodSync(key, 0o644);
  await expect(logIn(environmentOf(home))).rejects.toMatchObject({
    reason: 'LOGIN_FAILED',
    message: expect.stringContaining(`${key} is readable by others (mode 0644)`) as string,
  });
});

test('with the key that ~/.ssh/config names; the agent offers it first, and only it with IdentitiesOnly', async () => {
  const home = makeHome();
  const write = (only: 'yes' | 'no'): string =>
    writeFile(
      join(home, '.ssh/config'),
      `Host 127.*\n  IdentityFile ${server.userKey.file}\n  IdentitiesOnly ${only}\n`,
    );
  write('no');
  expect(await logIn(environmentOf(home))).toBe('in\n');
  const agent = await agentWith(stranger, server.userKey);
  const environment = environmentOf(home, { agentSocket: agent.socket });
  expect(await logIn(environment)).toBe('in\n');
  server.authorize();
  onTestFinished(() => {
    server.authorize(encrypted, rsa);
  });
  write('yes');
  await expect(logIn(environment, { user: 'nobody-of-this-name' })).rejects.toMatchObject({
    details: { offered: [`agent key ${server.userKey.fingerprint} (test-ed25519)`] },
  });
  write('no');
  await expect(logIn(environment, { user: 'nobody-of-this-name' })).rejects.toMatchObject({
    details: {
      offered: [
        `agent key ${server.userKey.fingerprint} (test-ed25519)`,
        `agent key ${stranger.fingerprint} (test-ed25519)`,
      ],
    },
  });
});

test('through a jump host', async () => {
  const home = makeHome();
  writeFile(
    join(home, '.ssh/config'),
    [
      `Host gate`,
      `  HostName 127.0.0.1`,
      `  Port ${server.port}`,
      `  IdentityFile ${server.userKey.file}`,
      `Host 127.0.0.1`,
      `  ProxyJump gate`,
      '',
    ].join('\n'),
  );
  writeFile(join(home, '.ssh/known_hosts'), `[127.0.0.1]:${server.port} ${server.hostKeys.rsa.line}\n`);
  expect(await logIn(environmentOf(home), { identityFile: server.userKey.file })).toBe('in\n');
});

test('a jump host whose key is not known is refused under its own name', async () => {
  const home = makeHome();
  writeFile(join(home, '.ssh/config'), `Host 127.0.0.1\n  ProxyJump someone@localhost:${server.port}\n`);
  await expect(logIn(environmentOf(home), { identityFile: server.userKey.file })).rejects.toMatchObject({
    reason: 'HOST_KEY_UNKNOWN',
    message: expect.stringContaining(
      `jump host localhost of node-1 (someone@localhost:${server.port})`,
    ) as string,
  });
});

test('a target that a jump host can not reach', async () => {
  const home = makeHome();
  writeFile(
    join(home, '.ssh/config'),
    `Host 127.0.0.1\n  ProxyJump gate\nHost gate\n  HostName localhost\n  Port ${server.port}\n  IdentityFile ${server.userKey.file}\n`,
  );
  writeFile(join(home, '.ssh/known_hosts'), `[localhost]:* ${server.hostKeys.ed25519.line}\n`);
  await expect(
    logIn(environmentOf(home), { port: 1, identityFile: server.userKey.file }),
  ).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    message: expect.stringMatching(/^node-1 \(.+@127\.0\.0\.1:1\) can't be reached: /) as string,
    details: { phase: 'reach' },
  });
});
