import { expect, test } from 'vitest';
import type { SshTarget } from '../../src/ssh/connection.ts';
import type { SshEnvironment } from '../../src/ssh/environment.ts';
import { peerOf, type Hop } from '../../src/ssh/hop.ts';
import { planRoute } from '../../src/ssh/route.ts';
import { environmentOf, makeHome, targetAt } from './fixtures/workspace.ts';

/** The way to a host that rdsctl's configuration only names, with this ~/.ssh/config. */
async function route(
  config: string,
  more: Partial<SshTarget> = {},
  environment: Partial<SshEnvironment> = {},
): Promise<Hop[]> {
  const home = makeHome({ '.ssh/config': config });
  const target = { ...targetAt(22), host: 'alpha', port: null, user: null, ...more };
  return planRoute(target, environmentOf(home, { localUser: 'me', ...environment }));
}

async function peers(config: string, more: Partial<SshTarget> = {}): Promise<string[]> {
  return (await route(config, more)).map(peerOf);
}

async function lastHop(
  config: string,
  more: Partial<SshTarget> = {},
  environment: Partial<SshEnvironment> = {},
): Promise<Hop> {
  const hop = (await route(config, more, environment)).at(-1);
  if (hop === undefined) throw new Error('no hop');
  return hop;
}

const FULL = 'Host alpha\n  HostName 10.0.0.7\n  Port 2200\n  User config-user\n';

test('~/.ssh/config fills in what the configuration leaves out', async () => {
  expect(await peers(FULL)).toEqual(['config-user@10.0.0.7:2200']);
  expect(await peers('')).toEqual(['me@alpha:22']);
});

test('the configuration wins', async () => {
  expect(await peers(FULL, { user: 'root', port: 22 })).toEqual(['root@10.0.0.7:22']);
  const hop = await lastHop('IdentityFile /other\n', { identityFile: '/mine', knownHosts: '/known' });
  expect(hop.identities.configuredFile).toBe('/mine');
  expect(hop.trust.files).toEqual(['/known']);
});

test('an IPv6 address stands in brackets', async () => {
  expect(await peers('', { host: 'fe80::1%eth0' })).toEqual(['me@[fe80::1%eth0]:22']);
});

test('default keys and known_hosts files', async () => {
  const hop = await lastHop(
    '',
    {},
    { home: '/home/me', systemKnownHosts: ['/etc/known'], agentSocket: '/agent' },
  );
  expect(hop.identities).toEqual({
    configuredFile: null,
    agentSocket: '/agent',
    files: ['/home/me/.ssh/id_ed25519', '/home/me/.ssh/id_rsa', '/home/me/.ssh/id_ecdsa'],
    onlyThese: false,
  });
  expect(hop.trust.files).toEqual(['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2', '/etc/known']);
});

test('tokens, variables and ~ in paths', async () => {
  const config = `${FULL}  IdentityFile ~/k/%n-%h-%p-%r-%u-%%\n  IdentityFile \${DIR}/key\n  IdentityFile rel\n  UserKnownHostsFile %d/known ~/more\n  GlobalKnownHostsFile none\n`;
  const hop = await lastHop(config, {}, { variables: { DIR: '/dir' } });
  const home = hop.trust.files[0]?.replace(/\/known$/, '') ?? '';
  expect(hop.identities.files).toEqual([
    `${home}/k/alpha-10.0.0.7-2200-config-user-me-%`,
    '/dir/key',
    `${home}/.ssh/rel`,
  ]);
  expect(hop.trust.files).toEqual([`${home}/known`, `${home}/more`]);
});

test.each(['IdentityFile ~/%Z', 'IdentityFile ${NOT_SET}', 'Port 70000', 'Port ssh', 'ProxyJump a@b@c:1:2'])(
  '%s is refused',
  async (line) => {
    await expect(route(`${line}\n`)).rejects.toMatchObject({ reason: 'BAD_CONFIG' });
  },
);

test.each([
  ['none', null],
  ['SSH_AUTH_SOCK', '/agent'],
  ['$MY_AGENT', '/mine'],
  ['$NO_AGENT', null],
  ['/run/%u.sock', '/run/me.sock'],
])('IdentityAgent %s', async (value, socket) => {
  const hop = await lastHop(
    `IdentityAgent ${value}\n`,
    {},
    { agentSocket: '/agent', variables: { MY_AGENT: '/mine' } },
  );
  expect(hop.identities.agentSocket).toBe(socket);
});

test('IdentityFile none means no key files', async () => {
  expect((await lastHop('IdentityFile none\n')).identities.files).toEqual([]);
});

test('one jump host, with its own settings', async () => {
  const config =
    'Host alpha\n  ProxyJump gate\nHost gate\n  HostName 192.0.2.1\n  User jumper\n  Port 2022\n';
  const hops = await route(config, { connectTimeoutMs: 77 });
  expect(hops.map(peerOf)).toEqual(['jumper@192.0.2.1:2022', 'me@alpha:22']);
  expect(hops.map((hop) => hop.direct)).toEqual([true, false]);
  expect(hops.map((hop) => hop.name)).toEqual(['jump host gate of node-1', 'node-1']);
  expect(hops[0]?.trust).toMatchObject({ verify: true, fingerprint: null });
});

test('several jump hosts in order; only the first one has a jump of its own', async () => {
  const config =
    'Host alpha\n  ProxyJump a@one:1, ssh://two:2 ,[::3]:3\nHost one\n  ProxyJump zero\nHost two ::3\n  ProxyJump never\n';
  expect(await peers(config)).toEqual(['me@zero:22', 'a@one:1', 'me@two:2', 'me@[::3]:3', 'me@alpha:22']);
});

test('jump hosts that go round in circles are refused', async () => {
  const config = 'Host alpha\n  ProxyJump beta\nHost beta\n  ProxyJump alpha\n';
  await expect(route(config)).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    message: expect.stringContaining('goes round in circles') as string,
  });
});

test('ProxyCommand is refused, unless it is none or a ProxyJump stands before it', async () => {
  await expect(route('ProxyCommand nc %h %p\n')).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    exitCode: 6,
    message: "node-1 (alpha) can't be reached: ProxyCommand in ~/.ssh/config isn't supported",
  });
  expect(await peers('ProxyCommand none\nProxyJump gate\n', { host: 'alpha' })).toEqual(['me@alpha:22']);
  expect(await peers('Host alpha\n  ProxyJump gate\n  ProxyCommand nc %h %p\n')).toEqual([
    'me@gate:22',
    'me@alpha:22',
  ]);
  expect(await peers('ProxyJump none\n')).toEqual(['me@alpha:22']);
});
