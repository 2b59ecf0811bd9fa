import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EtcdServer } from '../state/etcd/etcd-server.ts';
import { keysUnder, openEtcdScene } from './etcd-scene.ts';

/** Whole commands with the state in etcd: each does what it does with a directory. */

let server: EtcdServer;
beforeAll(async () => {
  server = await EtcdServer.start();
});
afterAll(() => server.dispose());

describe('the verbs', () => {
  test('attach: first time, again, elsewhere; detach, again; move', async () => {
    const scene = await openEtcdScene(server);
    const first = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(first.json(), first.stderr).toMatchObject({ node: 'node-1', changed: true, fencingToken: 1 });
    expect((await scene.run('attach', 'vol-1', 'node-1', '-o', 'json')).json()).toMatchObject({
      changed: false,
    });
    const elsewhere = await scene.run('attach', 'vol-1', 'node-2', '-o', 'json');
    expect([elsewhere.code, elsewhere.error()['reason']]).toEqual([4, 'ATTACHED_ELSEWHERE']);
    const moved = await scene.run('move', 'vol-1', 'node-2', '-o', 'json');
    expect(moved.json(), moved.stderr).toMatchObject({ node: 'node-2', changed: true });
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
    expect(await scene.comment('vol-1')).toContain((await scene.state()).lineage);
    expect((await scene.run('detach', 'vol-1', '-o', 'json')).json()).toMatchObject({ changed: true });
    expect((await scene.run('detach', 'vol-1', '-o', 'json')).json()).toMatchObject({ changed: false });
    expect((await scene.state()).attachments).toEqual({});
    // What stays on the host is the audit log, and no state.
    expect(scene.audit().map(({ event }) => event)).toEqual(
      expect.arrayContaining(['attach', 'move', 'detach']),
    );
    expect(existsSync(join(scene.stateDir, 'state.json'))).toBe(false);
    expect(existsSync(join(scene.stateDir, 'backups'))).toBe(false);
  });

  test('fence: marked for every host, and lifted again', async () => {
    const scene = await openEtcdScene(server);
    await scene.done('attach', 'vol-1', 'node-1');
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.json(), fenced.stderr).toMatchObject({ kind: 'FenceReport' });
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await scene.run('attach', 'vol-2', 'node-1', '-o', 'json')).error()['reason']).toBe(
      'NODE_FENCED',
    );
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
    expect((await scene.run('unfence', 'node-1')).code).toBe(0);
    expect((await scene.run('drain', 'node-2', '--yes')).code).toBe(0);
    expect((await scene.state()).attachments).toEqual({});
  });

  test('list, show, tree, history, volumes and nodes tell of it; reconcile and apply work on it', async () => {
    const scene = await openEtcdScene(server);
    expect((await scene.run('list')).stderr).toBe('No attachments.\n');
    await scene.done('attach', 'vol-1', 'node-1');
    expect((await scene.run('list', '-o', 'json')).json()['items']).toMatchObject([
      { volume: 'vol-1', node: 'node-1', phase: 'attached' },
    ]);
    expect((await scene.run('list', '--node', 'node-2', '-o', 'name')).stdout).toBe('');
    for (const command of ['show vol-1', 'tree', 'history', 'volumes', 'nodes']) {
      const { code, stdout } = await scene.run(...command.split(' '));
      expect([code, stdout], command).toEqual([0, expect.stringContaining('node-1')]);
    }
    expect((await scene.run('reconcile')).code).toBe(0);
    const manifest =
      'apiVersion: rdsctl/v1\nkind: Manifest\n' +
      'attachments: [{ volume: vol-1, node: node-2 }, { volume: vol-2, node: node-1 }]';
    const applied = await scene.start(['apply', '-f', '-', '--yes', '-o', 'json'], { stdin: manifest }).ended;
    expect(applied.code, applied.stderr).toBe(0);
    expect((await scene.run('list', '-o', 'name')).stdout).toBe('vol-1\nvol-2\n');
  });

  test('completion knows the names of the configuration, and asks no network', async () => {
    const scene = await openEtcdScene(server);
    scene.configure({ state: { url: 'etcd://192.0.2.1' } });
    expect((await scene.run('__names', 'node')).stdout).toBe('node-1\nnode-2\n');
  });

  test('list --watch tells what another command does', async () => {
    const scene = await openEtcdScene(server);
    const watch = scene.start(['list', '--watch']);
    await watch.prints((stdout) => stdout.includes('AttachmentList'));
    await scene.done('attach', 'vol-1', 'node-1');
    await watch.prints((stdout) => stdout.includes('"phase":"attached"'));
    watch.signal('SIGINT');
    expect((await watch.ended).code).toBe(0);
  });

  test('a dry run writes nothing to etcd, and nothing to the directory', async () => {
    const scene = await openEtcdScene(server);
    for (const command of ['attach vol-1 node-1', 'fence node-1', 'reconcile'])
      expect((await scene.run(...command.split(' '), '--dry-run')).code, command).toBe(0);
    expect([...(await keysUnder(server, scene.prefix)).keys()]).toEqual([]);
    await scene.done('attach', 'vol-1', 'node-1');
    const before = await keysUnder(server, scene.prefix);
    const log = scene.audit().length;
    for (const command of ['detach vol-1', 'move vol-1 node-2', 'fence node-1', 'drain node-1', 'reconcile'])
      expect((await scene.run(...command.split(' '), '--dry-run')).code, command).toBe(0);
    expect(await keysUnder(server, scene.prefix)).toEqual(before);
    expect(scene.audit()).toHaveLength(log);
    expect(readdirSync(scene.stateDir).filter((name) => name.startsWith('state'))).toEqual([]);
  });
});

describe('a command that was cut short', () => {
  test('leaves its intent, and reconcile on another host finishes it', async () => {
    const scene = await openEtcdScene(server);
    await scene.faults({ at: 'node-1', when: 'exec', do: 'drop-before' });
    const failed = await scene.run('attach', 'vol-1', 'node-1');
    expect(failed.code).not.toBe(0);
    await scene.faults();
    expect((await scene.run('reconcile')).code).toBe(0);
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });
});
