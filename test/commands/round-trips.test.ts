import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';
import { costs } from './traffic.ts';

const once = (execs: number) => ({ connections: 1, execs });

async function cost(scene: Scene, ...argv: string[]) {
  const { outcome, hosts } = await costs(scene, ...argv);
  expect(outcome.code, outcome.stderr).toBe(0);
  return hosts;
}

/** Attaches vol-1 … vol-COUNT to a node. */
async function attachMany(scene: Scene, node: string, count: number): Promise<void> {
  const attachments = Array.from({ length: count }, (_, index) => ({ volume: `vol-${index + 1}`, node }));
  const file = join(scene.dir, 'manifest.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'rdsctl/v1', kind: 'Manifest', attachments }));
  const outcome = await scene.run('apply', '-f', file, '--yes');
  expect(outcome.code, outcome.stderr).toBe(0);
}

describe('attach', () => {
  test('a look and a change on either host, over one connection each', async () => {
    const scene = await openScene({ traits: { 'node-2': { loaded: true } } });
    expect(await cost(scene, 'attach', 'vol-1', 'node-1')).toEqual({ rds1: once(2), 'node-1': once(2) });
    expect(await cost(scene, 'attach', 'vol-2', 'node-2')).toEqual({ rds1: once(2), 'node-2': once(2) });
  });

  test('already attached: a look on either host', async () => {
    const scene = await openScene();
    await cost(scene, 'attach', 'vol-1', 'node-1');
    expect(await cost(scene, 'attach', 'vol-1', 'node-1')).toEqual({ rds1: once(1), 'node-1': once(1) });
  });

  test('refused by the state: no command on any host', async () => {
    const scene = await openScene();
    await cost(scene, 'attach', 'vol-1', 'node-1');
    const { outcome, hosts } = await costs(scene, 'attach', 'vol-1', 'node-2');
    expect(outcome.code).toBe(4);
    expect(Object.values(hosts).map(({ execs }) => execs)).toEqual([0, 0]);
  });

  test.each(['rds1', 'node-1'])(
    'handshakes side by side: the other host is logged into while %s says nothing yet',
    async (slow) => {
      const scene = await openScene();
      const rds = scene.simulation.rds.ssh;
      const node = scene.simulation.node('node-1').server.ssh;
      const [held, other] = slow === 'rds1' ? [rds, node] : [node, rds];
      const letGo = held.hold();
      const loggedIn = other.nextLogin();
      const attaching = scene.start(['attach', 'vol-1', 'node-1']);
      await loggedIn;
      expect(held.counters.logins).toBe(0);
      letGo();
      expect((await attaching.ended).code).toBe(0);
    },
  );
});

describe('the other verbs', () => {
  test('detach: a look and a change on either host; again: nobody is asked', async () => {
    const scene = await openScene();
    await cost(scene, 'attach', 'vol-1', 'node-1');
    expect(await cost(scene, 'detach', 'vol-1')).toEqual({ rds1: once(2), 'node-1': once(2) });
    expect(await cost(scene, 'detach', 'vol-1')).toEqual({});
  });

  test('move: a detach and an attach, and before them a look at where it is to go', async () => {
    const scene = await openScene();
    await cost(scene, 'attach', 'vol-1', 'node-1');
    expect(await cost(scene, 'move', 'vol-1', 'node-2')).toEqual({
      rds1: once(4),
      'node-1': once(2),
      'node-2': once(3),
    });
  });

  test('reconcile in sync: one command on each host, however much they have', async () => {
    const scene = await openScene({ volumes: 12, rds: 2, nodes: 3 });
    const each = { rds1: once(1), rds2: once(1), 'node-1': once(1), 'node-2': once(1), 'node-3': once(1) };
    expect(await cost(scene, 'reconcile')).toEqual(each);
    await cost(scene, 'attach', 'rds2/vol-12', 'node-2');
    expect(await cost(scene, 'reconcile')).toEqual(each);
  });

  test('show asks the two hosts that know the volume; tree, volumes and nodes each host once', async () => {
    const scene = await openScene({ nodes: 3 });
    await cost(scene, 'attach', 'vol-1', 'node-1');
    const nodes = { 'node-1': once(1), 'node-2': once(1), 'node-3': once(1) };
    expect(await cost(scene, 'show', 'vol-1')).toEqual({ rds1: once(1), 'node-1': once(1) });
    expect(await cost(scene, 'volumes')).toEqual({ rds1: once(1) });
    expect(await cost(scene, 'nodes')).toEqual(nodes);
    expect(await cost(scene, 'tree')).toEqual({ rds1: once(1), ...nodes });
  });

  test('list and history ask nobody', async () => {
    const scene = await openScene();
    await cost(scene, 'attach', 'vol-1', 'node-1');
    expect(await cost(scene, 'list')).toEqual({});
    expect(await cost(scene, 'history')).toEqual({});
  });
});

describe('fence', { timeout: 60_000 }, () => {
  /** What is in flight is asked twice, and no more: nothing is, and no time to settle is waited for. */
  const config = { fence: { settle: '0s' } };

  test.each([
    // One look, one change for every 20 volumes, twice what is in flight; the drops: the first, then all others.
    [5, { rds1: once(4), 'node-1': once(3) }],
    [50, { rds1: once(6), 'node-1': once(3) }],
  ])('of %i volumes, the node answers', async (count, expected) => {
    const scene = await openScene({ volumes: 50, config });
    await attachMany(scene, 'node-1', count);
    expect(await cost(scene, 'fence', 'node-1', '--yes')).toEqual(expected);
    expect(scene.simulation.node('node-1').kernel.host.controllers).toEqual([]);
    expect(await cost(scene, 'unfence', 'node-1')).toEqual({ 'node-1': once(1) });
  });

  test('of 50 volumes, the node is dead: the storage server alone', async () => {
    const scene = await openScene({ volumes: 50, config });
    await attachMany(scene, 'node-1', 50);
    await scene.simulation.node('node-1').down('off');
    const { rds1 } = await cost(scene, 'fence', 'node-1', '--yes');
    expect(rds1).toEqual(once(6));
  });

  test('again: one look', async () => {
    const scene = await openScene({ config });
    await cost(scene, 'attach', 'vol-1', 'node-1');
    await cost(scene, 'fence', 'node-1', '--yes');
    expect(await cost(scene, 'fence', 'node-1', '--yes')).toEqual({ rds1: once(1), 'node-1': once(1) });
  });
});
