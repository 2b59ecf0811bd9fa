import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RouterOsDevice } from '../../../src/simulator/routeros/device/device.ts';
import { keyAt } from '../../../src/simulator/ssh/keys.ts';
import { serveRouterOs, type RouterOsUser } from '../../../src/simulator/ssh/serve-routeros.ts';
import { NvmeTarget } from '../../../src/simulator/target/target.ts';
import { ManualClock } from '../../../src/simulator/clock.ts';
import { EventLog } from '../../../src/simulator/events.ts';
import { temporaryDirectory } from '../world.ts';
import { exec, login, openssh, simulate } from './clients.ts';

/** A device with users of one's own. */
async function serve(users: ReadonlyMap<string, RouterOsUser>, maxSessions = 20) {
  const clock = new ManualClock();
  const exportModel = new NvmeTarget({ rds: 'rds1', clock, events: new EventLog(clock) });
  const device = await RouterOsDevice.start({ version: '7.21.5', exportModel });
  const hostKey = keyAt(join(temporaryDirectory(), 'host'), 'ed25519').privateKey;
  const server = serveRouterOs(device, { hostKey, users, maxSessions });
  await server.open();
  onTestFinished(() => server.close());
  const logIn = (username: string, privateKey: string): Promise<ssh2.Client> => {
    const client = new ssh2.Client();
    onTestFinished(() => void client.end());
    return new Promise((resolve, reject) => {
      client.once('ready', () => resolve(client)).on('error', reject);
      client.connect({ host: '127.0.0.1', port: server.port, username, privateKey });
    });
  };
  return { server, logIn };
}

function generated(
  type: 'rsa' | 'ecdsa' | 'ed25519',
  bits: number,
): { privateKey: string; publicKey: string } {
  const { utils } = ssh2;
  const pair =
    type === 'rsa'
      ? utils.generateKeyPairSync('rsa', { bits })
      : type === 'ecdsa'
        ? utils.generateKeyPairSync('ecdsa', { bits: 256 })
        : utils.generateKeyPairSync('ed25519');
  return { privateKey: pair.private, publicKey: pair.public };
}

describe('exec channels (seen)', () => {
  test('CRLF, no prompt, nothing on success, errors on stdout, exit status 0: OpenSSH’s client', async () => {
    const simulation = await simulate();
    expect(await openssh(simulation, 'rds1', [':put hello; :put [/system/identity/get name]'])).toEqual({
      code: 0,
      out: 'hello\r\nrds1\r\n',
      err: '',
    });
    expect(await openssh(simulation, 'rds1', ['/disk set vol-1 comment=x'])).toEqual({
      code: 0,
      out: '',
      err: '',
    });
    expect(await openssh(simulation, 'rds1', ['/disk set nope comment=x'])).toEqual({
      code: 0,
      out: 'no such item\r\n',
      err: '',
    });
  });

  test('the same for ssh2, several on one connection', async () => {
    const client = await login(await simulate());
    for (const line of [':put 1', ':put 2']) {
      expect(await exec(client, line)).toEqual({ code: 0, out: `${line.at(-1) ?? ''}\r\n`, err: '' });
    }
  });

  test('only the first line is run (manual: one line per exec)', async () => {
    const client = await login(await simulate());
    expect((await exec(client, ':put 1\n:put 2')).out).toBe('1\r\n');
  });

  test('bytes pass as they are', async () => {
    const client = await login(await simulate());
    await exec(client, '/disk set vol-1 comment="grün"');
    const { out } = await exec(client, ':put [/disk get vol-1 comment]');
    expect(Buffer.from(out, 'latin1').toString('utf8')).toBe('grün\r\n');
  });
});

test('the banner is ROSSSH, the host key RSA', async () => {
  const simulation = await simulate();
  const banner = await new Promise<string>((resolve) => {
    const socket = connectTcp(simulation.rds.ssh.port, '127.0.0.1');
    socket.once('data', (chunk) => {
      resolve(chunk.toString('latin1').split('\r\n')[0] ?? '');
      socket.destroy();
    });
  });
  expect(banner).toBe('SSH-2.0-ROSSSH');
  expect(readFileSync(join(simulation.dir, 'known_hosts'), 'utf8')).toMatch(/^\S+ ssh-rsa /);
});

test('keepalive@openssh.com is never answered: ssh2 with keep-alives kills the connection', async () => {
  const simulation = await simulate();
  const client = await login(simulation, 'rds1', { keepaliveInterval: 50, keepaliveCountMax: 2 });
  const error = await new Promise<Error>((resolve) => client.once('error', resolve));
  expect(error.message).toMatch(/keepalive/i);
  const node = await login(simulation, 'node-1', { keepaliveInterval: 20, keepaliveCountMax: 2 });
  expect((await exec(node, 'sleep 0.2; echo fine')).out).toBe('fine\n');
});

describe('users', () => {
  test.each([
    ['ed25519', 256, true],
    ['rsa', 2048, true],
    ['rsa', 3072, true],
    ['rsa', 1024, false],
    ['ecdsa', 256, false],
  ] as const)('%s with %i bits: %s', async (type, bits, taken) => {
    const key = generated(type, bits);
    const { logIn } = await serve(new Map([['rdsctl', { keys: [key.publicKey] }]]));
    const attempt = logIn('rdsctl', key.privateKey);
    if (taken) expect((await exec(await attempt, ':put hi')).out).toBe('hi\r\n');
    else await expect(attempt).rejects.toThrow(/authentication methods failed/);
  });

  test('console options after + are not part of the name', async () => {
    const simulation = await simulate();
    expect((await openssh(simulation, 'rds1', [':put hi'], { user: 'rdsctl+ct511w' })).out).toBe('hi\r\n');
  });

  test('unknown user, unknown key, password: refused', async () => {
    const simulation = await simulate();
    expect((await openssh(simulation, 'rds1', [':put hi'], { user: 'admin' })).code).toBe(255);
    const stranger = join(simulation.dir, 'keys/root');
    expect((await openssh(simulation, 'rds1', [':put hi'], { key: stranger })).code).toBe(255);
  });

  test('policies: without ssh no login, without write no change', async () => {
    const key = generated('ed25519', 256);
    const { logIn } = await serve(
      new Map([
        ['reader', { keys: [key.publicKey], policies: ['ssh', 'read'] }],
        ['nossh', { keys: [key.publicKey], policies: ['read', 'write'] }],
      ]),
    );
    const reader = await logIn('reader', key.privateKey);
    expect((await exec(reader, '/disk add type=file file-path=/x file-size=1G')).out).toBe(
      'not enough permissions (9)\r\n',
    );
    await expect(logIn('nossh', key.privateKey)).rejects.toThrow();
  });
});

describe('sessions', () => {
  test('of one connection block one another, those of others do not', async () => {
    const simulation = await simulate();
    const [one, two] = [await login(simulation), await login(simulation)];
    const order: string[] = [];
    const note = async (name: string, running: Promise<unknown>): Promise<void> => {
      await running;
      order.push(name);
    };
    await Promise.all([
      note('slow', exec(one, ':delay 300ms')),
      note('behind', exec(one, ':put x')),
      note('other', exec(two, ':put x')),
    ]);
    expect(order).toEqual(['other', 'slow', 'behind']);
  });

  test('beyond the limit wait', async () => {
    const key = generated('ed25519', 256);
    const { logIn } = await serve(new Map([['rdsctl', { keys: [key.publicKey] }]]), 1);
    const [one, two] = [await logIn('rdsctl', key.privateKey), await logIn('rdsctl', key.privateKey)];
    const order: string[] = [];
    const slow = exec(one, ':delay 200ms').then(() => order.push('slow'));
    const waiting = exec(two, ':put x').then(() => order.push('waiting'));
    await Promise.all([slow, waiting]);
    expect(order).toEqual(['slow', 'waiting']);
  });
});

test('a client that goes away leaves its place to others', async () => {
  const key = generated('ed25519', 256);
  const { logIn } = await serve(new Map([['rdsctl', { keys: [key.publicKey] }]]), 1);
  const [one, two] = [await logIn('rdsctl', key.privateKey), await logIn('rdsctl', key.privateKey)];
  void exec(one, ':delay 60').catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  one.destroy();
  expect((await exec(two, ':put x')).out).toBe('x\r\n');
});
