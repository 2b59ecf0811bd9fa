import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEtcdStore } from '../../src/state/etcd/etcd-store.ts';
import { readStateFile } from '../../src/state/file/read.ts';
import { EtcdServer } from '../state/etcd/etcd-server.ts';
import { accessTo, newPrefix, optionsFor } from '../state/etcd/fixture.ts';
import { keysUnder, openEtcdScene, putKey, type EtcdScene } from './etcd-scene.ts';
import { openScene, type Scene } from './scene.ts';

/** The care of a state in etcd, and the way there and back. */

let server: EtcdServer;
beforeAll(async () => {
  server = await EtcdServer.start();
});
afterAll(() => server.dispose());

/** vol-1 attached, vol-2 cut off from node-2. */
async function work(scene: Scene): Promise<void> {
  for (const command of ['attach vol-1 node-1', 'attach vol-2 node-2', 'fence node-2 --yes'])
    expect((await scene.run(...command.split(' '))).code, command).toBe(0);
}

async function lively(): Promise<EtcdScene> {
  const scene = await openEtcdScene(server, { nodes: 2, volumes: 2 });
  await work(scene);
  return scene;
}

describe('state check, backup, restore, unlock, rebuild', () => {
  test('a state that is in order; its copies are kept in etcd or in a file', async () => {
    const scene = await lively();
    const check = await scene.run('state', 'check', '-o', 'json');
    expect(check.json(), check.stderr).toMatchObject({
      location: scene.url,
      usable: true,
      attachments: 2,
      findings: [],
    });
    expect((await scene.run('state', 'check', '--remote')).code).toBe(0);
    const before = await keysUnder(server, `${scene.prefix}/state/`);
    const copy = (await scene.run('state', 'backup', '-o', 'json')).json();
    expect(copy).toMatchObject({ kept: true, usable: true, attachments: 2 });
    const file = join(scene.dir, 'copy.json');
    expect((await scene.run('state', 'backup', file)).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe((await scene.run('state', 'export', '-')).stdout);
    expect(await keysUnder(server, `${scene.prefix}/state/`)).toEqual(before);
    const listed = (await scene.run('state', 'restore', '--list', '-o', 'json')).json();
    expect(listed['items']).toMatchObject([{ name: copy['name'], usable: true }]);
  });

  test('a damaged one is put back from a copy', async () => {
    const scene = await lively();
    const good = await scene.state();
    await scene.done('state', 'backup');
    await putKey(server, `${scene.prefix}/state/meta`, 'garbage');
    const check = await scene.run('state', 'check', '-o', 'json');
    expect([check.code, check.json()['usable']]).toEqual([9, false]);
    const done = await scene.run('state', 'restore', '--yes');
    expect(done.code, done.stderr).toBe(0);
    expect((await scene.state()).attachments).toEqual(good.attachments);
    expect((await scene.run('move', 'vol-1', 'node-1')).code).toBe(0);
  });

  test('a lost one is made again from the storage servers', async () => {
    const scene = await lively();
    const good = await scene.state();
    await scene.done('state', 'backup');
    await putKey(server, `${scene.prefix}/state/meta`, 'garbage');
    const done = await scene.run('state', 'rebuild', '--yes', '--lineage', good.lineage);
    expect(done.code, done.stderr).toBe(0);
    const now = await scene.state();
    expect([now.lineage, now.tokens]).toEqual([good.lineage, good.tokens]);
    expect(now.attachments['rds1/vol-1']?.holders).toMatchObject([{ node: 'node-1' }]);
  });

  test('unlock lists who is at work, and takes a lock only when it is named', async () => {
    const scene = await lively();
    const access = accessTo([server.endpoint], scene.prefix);
    const other = openEtcdStore(
      optionsFor(access, { holder: () => ({ who: 'ann', host: 'admin9', pid: 5, command: 'rdsctl move' }) }),
    );
    const lock = await other.lock({ name: 'rds1/vol-1', timeoutMs: 0 });
    const listed = (await scene.run('state', 'unlock', '-o', 'json')).json()['items'] as { id: string }[];
    expect(listed).toMatchObject([{ name: 'rds1/vol-1', who: 'ann', host: 'admin9', pid: 5 }]);
    const refused = await scene.run('state', 'unlock', 'vol-1', '--yes');
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('admin9')]);
    const taken = await scene.run('state', 'unlock', listed[0]?.id ?? '', '--yes');
    expect(taken.code, taken.stderr).toBe(0);
    expect((await scene.run('detach', 'vol-1', '--lock-timeout', '0')).code).toBe(0);
    await lock.release();
    await other.close();
  });
});

describe('a command that was killed', () => {
  test.each(['detach vol-1 --lock-timeout 0', 'detach vol-1'])(
    'keeps nobody of its host waiting: %s',
    async (command) => {
      const scene = await lively();
      const { pid } = spawnSync('true');
      const holder = () => ({ who: 'ann', host: hostname(), pid, command: 'rdsctl move' });
      const killed = openEtcdStore(optionsFor(accessTo([server.endpoint], scene.prefix), { holder }));
      await killed.lock({ name: 'rds1/vol-1', timeoutMs: 0 });
      const done = await scene.run(...command.split(' '));
      expect(done.code, done.stderr).toBe(0);
      await killed.close();
    },
  );

  test('on another host is waited for: nobody here knows whether it lives', async () => {
    const scene = await lively();
    const mark = {
      who: 'ann',
      host: 'admin9',
      pid: 4,
      command: 'rdsctl move',
      since: '2026-11-20T14:03:00Z',
    };
    const key = `${scene.prefix}/locks/rds1%2Fvol-1/5-1`;
    await putKey(
      server,
      key,
      JSON.stringify({ ...mark, machine: 'admin9 another-boot pid:[1]', started: '1' }),
    );
    for (const command of ['detach vol-1 --lock-timeout 0', 'detach vol-1 --lock-timeout 200ms']) {
      const busy = await scene.run(...command.split(' '));
      expect([busy.code, busy.stderr], command).toEqual([5, expect.stringContaining('admin9')]);
    }
    const [lock] = (await scene.run('state', 'unlock', '-o', 'json')).json()['items'] as { id: string }[];
    expect((await scene.run('state', 'unlock', '--dead', '-o', 'json')).json()['items']).toEqual([]);
    expect((await scene.run('state', 'unlock', lock?.id ?? '', '--yes')).code).toBe(0);
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });
});

describe('moving the state', () => {
  test('from a directory into etcd and back, by files or a pipe: nothing of it is lost, nothing is attached anew', async () => {
    const scene = await openScene({ nodes: 2, volumes: 2 });
    await work(scene);
    const before = await scene.state();
    const events = scene.events().length;
    const prefix = newPrefix();
    const url = accessTo([server.endpoint], prefix).location;
    const stdin = (await scene.run('state', 'export', '-')).stdout;
    const dry = await scene.start(['--state', url, 'state', 'import', '-', '--dry-run'], { stdin }).ended;
    expect([dry.code, [...(await keysUnder(server, prefix)).keys()]]).toEqual([0, []]);
    const there = await scene.start(['--state', url, 'state', 'import', '-', '-o', 'json'], { stdin }).ended;
    expect(there.json(), there.stderr).toMatchObject({
      location: url,
      changed: true,
      lineage: before.lineage,
      serial: before.serial,
    });
    expect((await scene.run('--state', url, 'state', 'export', '-')).stdout).toBe(stdin);
    renameSync(join(scene.stateDir, 'state.json'), join(scene.stateDir, 'state.json.moved'));
    expect((await scene.run('detach', 'vol-1')).code).toBe(9);
    expect((await scene.run('--state', url, 'state', 'check', '--remote')).code).toBe(0);
    expect(scene.events()).toHaveLength(events);

    for (const command of ['unfence node-2', 'move vol-1 node-2'])
      expect((await scene.run('--state', url, ...command.split(' '))).code, command).toBe(0);
    const file = join(scene.dir, 'back.json');
    expect((await scene.run('--state', url, 'state', 'export', file)).code).toBe(0);
    const back = await scene.run('state', 'import', file, '--yes');
    expect(back.code, back.stderr).toBe(0);
    expect(readFileSync(join(scene.stateDir, 'state.json'), 'utf8')).toBe(readFileSync(file, 'utf8'));
    expect((await scene.run('state', 'check', '--remote')).code).toBe(0);
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
    // What is in etcd is the old copy now.
    const old = await scene.run('--state', url, 'move', 'vol-1', 'node-1', '-o', 'json');
    expect([old.code, old.error()['reason']]).toEqual([4, 'STALE_STATE']);
    expect(scene.sessions('vol-1')).toEqual([]);
  });

  test('the old file, brought back, is refused by the storage server where etcd has gone on', async () => {
    const scene = await openScene({ nodes: 2, volumes: 2 });
    await work(scene);
    const url = accessTo([server.endpoint], newPrefix()).location;
    const stdin = (await scene.run('state', 'export', '-')).stdout;
    await scene.start(['--state', url, 'state', 'import', '-'], { stdin }).ended;
    for (const command of ['detach vol-1', 'attach vol-1 node-1'])
      expect((await scene.run('--state', url, ...command.split(' '))).code, command).toBe(0);
    const events = scene.events().length;
    for (const command of ['detach vol-1', 'fence node-1 --yes']) {
      const refused = await scene.run(...command.split(' '));
      expect(refused.code, `${command}: ${refused.stderr}`).toBe(4);
    }
    expect(scene.events()).toHaveLength(events);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });

  test('over what etcd holds: asked; newer there: exit 4; another lineage: exit 9; damaged or newer: exit 9', async () => {
    const scene = await lively();
    const stdin = (await scene.run('state', 'export', '-')).stdout;
    expect((await scene.run('unfence', 'node-2')).code).toBe(0);
    const keys = await keysUnder(server, scene.prefix);
    const refuse = async (code: number, text: string, ...options: string[]): Promise<void> => {
      const refused = await scene.start(['state', 'import', '-', ...options], { stdin: text }).ended;
      expect(refused.code, refused.stderr).toBe(code);
      expect(await keysUnder(server, scene.prefix)).toEqual(keys);
    };
    await refuse(4, stdin, '--yes');
    await refuse(2, stdin, '--older');
    await refuse(9, stdin.replace('node-1', 'node-2'), '--yes', '--older');
    await refuse(9, stdin.replace('"schema": 1', '"schema": 2'), '--yes', '--older');
    const other = await openScene({ nodes: 1, volumes: 1 });
    await other.run('attach', 'vol-1', 'node-1');
    await refuse(9, (await other.run('state', 'export', '-')).stdout, '--yes');
    const done = await scene.start(['state', 'import', '-', '--yes', '--older'], { stdin }).ended;
    expect(done.code, done.stderr).toBe(0);
    expect((await scene.state()).nodes['node-2']?.fenced).not.toBeNull();
    const copies = (await scene.run('state', 'restore', '--list', '-o', 'json')).json()['items'];
    expect(copies).toMatchObject([{ usable: true }]);
  });

  test('a state of a newer rdsctl in etcd is left alone', async () => {
    const scene = await lively();
    const stdin = (await scene.run('state', 'export', '-')).stdout;
    const key = `${scene.prefix}/state/meta`;
    const meta = ((await keysUnder(server, key)).get(key) ?? '').replace(/^\d+ /, '');
    await putKey(server, key, meta.replace('"schema":1', '"schema":2'));
    const keys = await keysUnder(server, scene.prefix);
    for (const command of ['state import - --yes --older', 'state export -', 'state backup']) {
      const refused = await scene.start(command.split(' '), { stdin }).ended;
      expect([refused.code, refused.stderr], command).toEqual([9, expect.stringContaining('newer rdsctl')]);
    }
    expect(await keysUnder(server, scene.prefix)).toEqual(keys);
    expect(existsSync(join(scene.stateDir, 'state.json'))).toBe(false);
    expect(readStateFile(scene.stateDir)).toBeNull();
    await putKey(server, key, meta);
  });
});
