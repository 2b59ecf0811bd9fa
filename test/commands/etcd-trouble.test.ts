import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EtcdServer, freePort } from '../state/etcd/etcd-server.ts';
import { keysUnder, openEtcdScene, putKey, type EtcdScene } from './etcd-scene.ts';
import type { Outcome } from './outcome.ts';

/** A state in etcd that can't be had: a clear message, and nothing was changed anywhere. */

let server: EtcdServer;
beforeAll(async () => {
  server = await EtcdServer.start();
});
afterAll(() => server.dispose());

const CHANGES = [
  'attach vol-2 node-1',
  'detach vol-1',
  'move vol-1 node-2',
  'fence node-1 --yes',
  'reconcile',
];
const READS = ['list', 'show vol-1', 'state check', 'state backup', 'state unlock', 'state export -'];

/** vol-1 is attached to node-1. */
async function attached(): Promise<EtcdScene> {
  const scene = await openEtcdScene(server);
  expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  return scene;
}

/** Every command ends with the code and says why; the storage server, the nodes and the keys are as they were. */
async function allRefused(
  scene: EtcdScene,
  commands: readonly string[],
  options: string,
  expected: { readonly code: number; readonly reason: string; readonly says: RegExp },
): Promise<void> {
  const events = scene.events().length;
  const keys = await keysUnder(server, scene.prefix);
  for (const command of commands) {
    const words = [...command.split(' '), '-o', 'json', ...options.split(' ').filter((word) => word !== '')];
    const outcome: Outcome = await scene.run(...words);
    expect(outcome.code, `${command}: ${outcome.stdout}${outcome.stderr}`).toBe(expected.code);
    expect(outcome.error()['reason'], command).toBe(expected.reason);
    expect(String(outcome.error()['message']), command).toMatch(expected.says);
  }
  expect(scene.events(), 'something was changed').toHaveLength(events);
  expect(await keysUnder(server, scene.prefix)).toEqual(keys);
}

describe('a cluster that can not be reached', () => {
  test('nobody listens: exit 6, naming each member', async () => {
    const scene = await attached();
    const [one, two] = [await freePort(), await freePort()];
    const url = `etcd://127.0.0.1:${one},127.0.0.1:${two}${scene.prefix}`;
    await allRefused(scene, [...CHANGES, ...READS], `--state ${url}`, {
      code: 6,
      reason: 'STATE_UNREACHABLE',
      says: new RegExp(`127.0.0.1:${one}: .*127.0.0.1:${two}: `),
    });
  });

  test('half of it down: everything works', async () => {
    const scene = await attached();
    const dead = await freePort();
    const alive = server.endpoint.replace('http://', '');
    const url = `etcd://127.0.0.1:${dead},${alive}${scene.prefix}`;
    for (const command of ['list', 'attach vol-2 node-2', 'move vol-1 node-2', 'detach vol-2']) {
      const { code, stderr } = await scene.run(...command.split(' '), '--state', url);
      expect(code, `${command}: ${stderr}`).toBe(0);
    }
    const doctor = await scene.run('doctor', '--state', url, '-o', 'json');
    expect(doctor.json()['checks']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'state.readable', severity: 'ok' }),
        expect.objectContaining({
          id: 'state.servers',
          severity: 'warning',
          subject: `http://127.0.0.1:${dead}`,
        }),
      ]),
    );
  });

  test('doctor tells of a cluster that is gone, and goes on with the rest', async () => {
    const scene = await attached();
    const url = `etcd://127.0.0.1:${await freePort()}${scene.prefix}`;
    const doctor = await scene.run('doctor', '--state', url, '-o', 'json');
    expect(doctor.code).toBe(1);
    expect(doctor.json()['checks']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'state.readable', severity: 'error', subject: url }),
        expect.objectContaining({ id: 'state.servers', severity: 'error' }),
        expect.objectContaining({ host: 'node-2', severity: 'ok' }),
      ]),
    );
  });

  test('what listens there is no etcd: exit 6', async () => {
    const scene = await attached();
    const { storageServers } = scene.readConfig() as {
      storageServers: Record<string, { host: string; port: number }>;
    };
    const { host, port } = storageServers['rds1'] ?? { host: '', port: 0 };
    const refused = await scene.run('list', '--state', `etcd://${host}:${port}`, '-o', 'json');
    expect([refused.code, refused.error()['reason']]).toEqual([6, 'STATE_UNREACHABLE']);
  });

  test('it dies under a command: exit 6, what is certain is said, and the command finishes it when etcd is back', async () => {
    const own = await EtcdServer.start();
    try {
      const scene = await openEtcdScene(own, { config: { timeouts: { lease: '8s' } } });
      const held = scene.hold(/nvme-tcp-export=yes/);
      const running = scene.start(['attach', 'vol-1', 'node-1', '-o', 'json']);
      await held.reached;
      await own.kill();
      held.letGo();
      const outcome = await running.ended;
      expect(outcome.code, outcome.stderr).toBe(6);
      expect(outcome.error()['message']).toMatch(/It could not be undone .* vol-1 stays claimed for node-1/);
      await own.run();
      // The lock of the first hangs on its lease.
      const again = await scene.run('attach', 'vol-1', 'node-1');
      expect(again.code, again.stderr).toBe(0);
      expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    } finally {
      await own.dispose();
    }
  });
});

describe('a URL or file that is wrong', () => {
  test.each(['http://h', 'consul://h', 'etcd:h', 'etcd://', 'etcd://h:99999', 'etcd://ann:hunter2@h'])(
    '%s: exit 2',
    async (url) => {
      const scene = await attached();
      await allRefused(scene, [...CHANGES, ...READS], `--state ${url}`, {
        code: 2,
        reason: 'BAD_ARGUMENT',
        says: /the state's URL/,
      });
      expect(JSON.stringify(scene.audit())).not.toContain('hunter2');
    },
  );

  test('TLS where there is none: exit 6, and what to write', async () => {
    const scene = await attached();
    const url = scene.url.replace('etcd:', 'etcds:');
    await allRefused(scene, ['list', 'detach vol-1'], `--state ${url}`, {
      code: 6,
      reason: 'STATE_UNREACHABLE',
      says: /in place of etcds:/,
    });
  });

  test('a password file that others can read: exit 2', async () => {
    const scene = await attached();
    const file = join(scene.dir, 'password');
    writeFileSync(file, 'hunter2\n');
    chmodSync(file, 0o644);
    scene.configure({ state: { user: 'ann', passwordFile: file } });
    await allRefused(scene, ['list', 'attach vol-2 node-1'], '', {
      code: 2,
      reason: 'BAD_KEY_FILE',
      says: /can be read by others/,
    });
    const check = await scene.run('config', 'check');
    expect([check.code, check.stderr]).toEqual([2, expect.stringContaining('state.passwordFile')]);
    chmodSync(file, 0o600);
  });
});

describe('keys that are not as they must be', () => {
  test.each([
    ['no JSON', () => 'garbage', 9, 'STATE_DAMAGED'],
    ['another format', () => '{"format":"terraform"}', 9, 'STATE_DAMAGED'],
    ['a newer schema', (meta: string) => meta.replace('"schema":1', '"schema":2'), 9, 'STATE_NEWER'],
  ] as const)('meta is %s: exit 9, and nothing is written', async (_, change, code, reason) => {
    const scene = await attached();
    const key = `${scene.prefix}/state/meta`;
    const meta = ((await keysUnder(server, scene.prefix)).get(key) ?? '').replace(/^\d+ /, '');
    await putKey(server, key, change(meta));
    await allRefused(scene, CHANGES, '', { code, reason, says: /etcd:\/\// });
    await putKey(server, key, meta);
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });

  test('a volume that makes no sense: exit 9, naming the key', async () => {
    const scene = await attached();
    const keys = await keysUnder(server, `${scene.prefix}/state/`);
    const [key = '', value = ''] = [...keys].find(([name]) => name.includes('/volumes/')) ?? [];
    await putKey(server, key, '{"attachment":{"volume":5},"token":1}');
    await allRefused(scene, ['list', 'detach vol-1'], '', {
      code: 9,
      reason: 'STATE_DAMAGED',
      says: /vol-1/,
    });
    await putKey(server, key, value.replace(/^\d+ /, ''));
    const meta = `${scene.prefix}/state/meta`;
    await putKey(server, meta, (keys.get(meta) ?? '').replace(/^\d+ /, ''));
    const after = await scene.run('detach', 'vol-1');
    expect(after.code, after.stderr).toBe(0);
  });
});

describe('etcd with users', () => {
  test('a wrong password, no user, a user without rights: exit 6, without the password; the right one works', async () => {
    const own = await EtcdServer.start();
    try {
      const scene = await openEtcdScene(own);
      const base64 = (text: string): string => Buffer.from(text).toString('base64');
      const ask = async (path: string, body: object, token?: string): Promise<unknown> => {
        const headers = token === undefined ? {} : { authorization: token };
        const answer = await fetch(`${own.endpoint}/v3/${path}`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        });
        expect(answer.status, path).toBe(200);
        return answer.json();
      };
      for (const name of ['root', 'rdsctl', 'other'])
        await ask('auth/user/add', { name, password: `secret-of-${name}` });
      await ask('auth/role/add', { name: 'root' });
      await ask('auth/user/grant', { user: 'root', role: 'root' });
      await ask('auth/role/add', { name: 'rdsctl' });
      const key = `${scene.prefix}/`;
      const end = `${scene.prefix}0`; // what comes after the slash
      await ask('auth/role/grant', {
        name: 'rdsctl',
        perm: { permType: 'READWRITE', key: base64(key), range_end: base64(end) },
      });
      await ask('auth/user/grant', { user: 'rdsctl', role: 'rdsctl' });
      await ask('auth/enable', {});
      const file = join(scene.dir, 'password');
      const login = (user: string, password: string): void => {
        writeFileSync(file, `${password}\n`, { mode: 0o600 });
        scene.configure({ state: { user, passwordFile: file } });
      };
      const refused = async (says: RegExp): Promise<void> => {
        for (const command of ['list', 'attach vol-1 node-1']) {
          const outcome = await scene.run(...command.split(' '), '-o', 'json');
          expect([outcome.code, outcome.error()['reason']], outcome.stderr).toEqual([
            6,
            'STATE_LOGIN_FAILED',
          ]);
          expect(outcome.stderr).toMatch(says);
          expect(outcome.stderr).not.toContain('secret-of');
        }
      };
      await refused(/without a user/);
      login('rdsctl', 'secret-of-root');
      await refused(/as rdsctl/);
      login('other', 'secret-of-other');
      await refused(/permission denied/);
      expect(scene.events().filter(({ event }) => event === 'session-opened')).toEqual([]);
      login('rdsctl', 'secret-of-rdsctl');
      for (const command of [
        'attach vol-1 node-1',
        'move vol-1 node-2',
        'list',
        'fence node-2 --yes',
        'unfence node-2',
      ])
        expect((await scene.run(...command.split(' '))).code, command).toBe(0);
      const shown = await scene.run('config', 'show', '-o', 'json');
      expect(shown.stdout).toContain('"passwordFile"');
      expect(shown.stdout).not.toContain('secret-of');
    } finally {
      await own.dispose();
    }
  });
});
