import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { EtcdServer } from '../state/etcd/etcd-server.ts';
import { openEtcdScene, type EtcdScene } from './etcd-scene.ts';
import type { Outcome } from './outcome.ts';
import type { IoOptions, Running } from './test-io.ts';

/** Two admin hosts, each with a configuration and a directory of its own, and one state in etcd. */

let server: EtcdServer;
beforeAll(async () => {
  server = await EtcdServer.start();
});
afterAll(() => server.dispose());

interface TwoHosts {
  readonly scene: EtcdScene;
  /** Where the second host keeps what is its own. */
  readonly directory: string;
  /** Starts a command on the second host. */
  readonly second: (command: string, io?: IoOptions) => Running<Outcome>;
}

async function twoHosts(): Promise<TwoHosts> {
  const scene = await openEtcdScene(server, { nodes: 2, volumes: 2 });
  const directory = join(scene.dir, 'host-2');
  mkdirSync(directory);
  const config = join(scene.dir, 'host-2.yaml');
  writeFileSync(config, stringify({ ...scene.readConfig(), state: { url: scene.url, path: directory } }));
  return {
    scene,
    directory,
    second: (command, io) => scene.start([...command.split(' '), '--config', config], io),
  };
}

test('what one did the other sees, and goes on with', async () => {
  const { scene, second, directory } = await twoHosts();
  expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  expect((await second('list -o name').ended).stdout).toBe('vol-1\n');
  const elsewhere = await second('attach vol-1 node-2 -o json').ended;
  expect([elsewhere.code, elsewhere.error()['reason']]).toEqual([4, 'ATTACHED_ELSEWHERE']);
  expect((await second('move vol-1 node-2').ended).code).toBe(0);
  expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  expect((await second('fence node-2 --yes').ended).code).toBe(0);
  expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
  // Each host has the log of what was done from there.
  const events = (text: string): unknown[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; result: string })
      .map(({ event, result }) => `${event} ${result}`);
  expect(events(readFileSync(join(directory, 'audit.jsonl'), 'utf8'))).toEqual([
    'attach refused',
    'move ok',
    'fence ok',
  ]);
  expect(scene.audit().map(({ event }) => event)).toEqual(['attach', 'detach', 'attach']);
});

test('one volume is worked on by one of them: the other is told by whom, or waits', async () => {
  const { scene, second } = await twoHosts();
  const held = scene.hold(/slot="vol-1".*nvme-tcp-export=yes/);
  const first = scene.start(['attach', 'vol-1', 'node-1']);
  await held.reached;
  for (const command of ['attach vol-1 node-2', 'detach vol-1', 'move vol-1 node-2']) {
    const busy = await second(`${command} --lock-timeout 0 -o json`).ended;
    expect(busy.code, command).toBe(5);
    expect(busy.error()).toMatchObject({
      reason: 'LOCKED',
      details: { holder: { pid: process.pid, command: 'rdsctl attach vol-1 node-1' } },
    });
  }
  const locks = (await second('state unlock -o json').ended).json()['items'];
  expect(locks).toMatchObject([{ name: 'rds1/vol-1', command: 'rdsctl attach vol-1 node-1' }]);
  // Other volumes are nobody's business.
  expect((await second('attach vol-2 node-2 --lock-timeout 0').ended).code).toBe(0);
  const waiting = second('attach vol-1 node-2 -v');
  await waiting.shows(/waiting for vol-1/);
  held.letGo();
  expect((await first.ended).code).toBe(0);
  expect((await waiting.ended).code).toBe(4);
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
});

test('both at once for different nodes: one gets it', async () => {
  const { scene, second } = await twoHosts();
  const both = await Promise.all([
    scene.run('attach', 'vol-1', 'node-1'),
    second('attach vol-1 node-2').ended,
  ]);
  expect(both.map(({ code }) => code).sort()).toEqual([0, 4]);
  expect(scene.sessions('vol-1')).toHaveLength(1);
});

test('reconcile runs once, not twice', async () => {
  const { scene, second } = await twoHosts();
  await scene.done('attach', 'vol-1', 'node-1');
  const held = scene.hold(/disk/);
  const first = scene.start(['reconcile']);
  await held.reached;
  const other = await second('reconcile --lock-timeout 0 -o json').ended;
  expect([other.code, other.stderr]).toEqual([0, expect.stringContaining('another reconcile is at work')]);
  held.letGo();
  expect((await first.ended).code).toBe(0);
});

test('what one left half done the other finishes', async () => {
  const { scene, second } = await twoHosts();
  await scene.faults({ at: 'node-1', when: 'exec', do: 'drop-before' });
  expect((await scene.run('attach', 'vol-1', 'node-1')).code).not.toBe(0);
  await scene.faults();
  expect((await second('reconcile').ended).code).toBe(0);
  expect((await second('attach vol-1 node-2').ended).code).toBe(0);
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
});
