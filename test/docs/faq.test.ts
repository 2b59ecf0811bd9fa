import { describe, expect, test } from 'vitest';
import { openScene, type Scene, type SceneOptions } from '../commands/scene.ts';
import { readDocument } from './document.ts';
import { expectBlockParses, runOnConsole } from './routeros.ts';
import { Runbook } from './runbook.ts';

/** docs/FAQ.md: each answer, run in the trouble that it is about. */

const FILE = 'docs/FAQ.md';
const book = new Runbook(FILE);

/** vol-1 is node-2's, in the state and on the node. */
async function attached(options: SceneOptions = {}): Promise<Scene> {
  const scene = await openScene({ nodes: 3, volumes: 2, ...options });
  const { code, stderr } = await scene.run('attach', 'vol-1', 'node-2');
  expect(code, stderr).toBe(0);
  return scene;
}

const mount = (scene: Scene): boolean =>
  scene.simulation
    .node('node-2')
    .kernel.uses.add('nvme0n1', { kind: 'mount', directory: '/srv/vol-1', seen: 'own' });

const mounts = (scene: Scene): number => scene.simulation.node('node-2').kernel.uses.all.length;

const controllers = (scene: Scene): string[] =>
  scene.simulation.node('node-2').kernel.host.controllers.map(({ state }) => state);

/** node-2 was cut off while it was away, and has come back: its controller tries to get in. */
async function cutOff(): Promise<Scene> {
  const scene = await attached();
  await scene.simulation.node('node-2').down();
  expect((await scene.run('fence', 'node-2', '--yes')).code).toBe(0);
  expect((await scene.run('attach', 'vol-1', 'node-3')).code).toBe(0);
  await scene.simulation.node('node-2').up();
  await scene.simulation.events.waitFor(
    ({ event, node }) => event === 'connect-refused' && node === 'node-2',
  );
  expect(controllers(scene)).toEqual(['connecting']);
  return scene;
}

test('a controller that stays connecting is gone after the second fence', async () => {
  const scene = await cutOff();
  await book.play(scene, 'A controller stays `connecting`');
  expect(controllers(scene)).toEqual([]);
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-3')]);
});

test('processes in D state: deleting the controller in sysfs takes it away', async () => {
  const scene = await cutOff();
  await book.play(scene, 'Processes in D state that no signal ends');
  await scene.done('nodes'); // the made-up kernel notices what was written when it is asked the next time
  expect(controllers(scene)).toEqual([]);
});

test('a reboot hangs', async () => {
  const scene = await attached();
  mount(scene);
  await book.play(scene, 'A reboot hangs');
  expect((await scene.state()).nodes['node-2']?.fenced).toBeNull();
  expect(scene.sessions('vol-1')).toEqual([]);
});

test('another device name', async () => {
  const scene = await attached();
  await book.play(scene, '/dev/nvme0n1 is another device now');
  expect(mounts(scene)).toBe(1);
});

test('a mount that is dead after a restart of the storage server', async () => {
  const scene = await attached();
  mount(scene);
  const { storageServers } = scene.simulation;
  await storageServers.get('rds1')?.down();
  await storageServers.get('rds1')?.up();
  await book.play(scene, 'A mount is dead after the storage server restarted');
  expect(mounts(scene)).toBe(1);
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
});

test('already connected, or not disconnected', async () => {
  const scene = await attached();
  await book.play(scene, '`nvme connect` says "already connected"');
  mount(scene);
  await book.play(scene, '`nvme disconnect` succeeded, and the volume is still there');
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
});

test('silence is no proof', async () => {
  const scene = await attached();
  await scene.simulation.node('node-2').down();
  await book.play(
    scene,
    'Which ctrl-loss-tmo?',
    "The node is silent. Doesn't the keep-alive end its session?",
  );
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-3')]);
});

test('a change of the allowed host leaves the session, a fence ends it', async () => {
  const scene = await attached({ byHand: ['rds1/vol-1'] });
  await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name="nqn.2014-08.org.example:nobody"');
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
  await book.play(scene, 'I changed the allowed host on the storage server, and the node still writes');
  expect(scene.sessions('vol-1')).toEqual([]);
});

test('two nodes with one host NQN', async () => {
  const hostNqn = 'nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555';
  const scene = await openScene({ traits: { 'node-1': { hostNqn }, 'node-2': { hostNqn } } });
  await book.play(scene, 'Two nodes have the same host NQN');
});

describe('on the storage server', () => {
  const blocks = readDocument(FILE).sections.flatMap((section) =>
    section.blocks.filter(({ language }) => language === 'routeros'),
  );

  test('each line parses on every version, and runs', async () => {
    expect(blocks.length).toBeGreaterThan(1);
    for (const block of blocks) expectBlockParses(FILE, block);
    const scene = await openScene();
    let printed = '';
    for (const block of blocks) printed += await runOnConsole(scene, FILE, block);
    expect(printed).toBe('false\r\n');
  });
});

test('nothing in it is untried', () => expect(book.unplayed).toEqual([]));
