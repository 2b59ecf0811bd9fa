import { describe, expect, test, vi } from 'vitest';
import { connectByHand } from './by-hand.ts';
import { openScene, type Scene } from './scene.ts';

const BY_HAND = ['rds1/vol-1'];

/** vol-1 is exported by hand; `allow` is the node whose host NQN may connect, or any host. */
async function exportedByHand(allow: 'any' | 'node-2'): Promise<Scene> {
  const scene = await openScene({ nodes: 3, byHand: BY_HAND });
  const nqn = allow === 'any' ? '' : scene.hostNqn(allow);
  await scene.setDisk('vol-1', `nvme-tcp-server-allow-host-name="${nqn}" nvme-tcp-export=yes`);
  return scene;
}

describe.each(['any', 'node-2'] as const)('a volume that is exported by hand to %s', (allow) => {
  test('and connected on another node: refused with 4, who has it; nothing is changed', async () => {
    const scene = await exportedByHand(allow);
    await connectByHand(scene, 'node-2');
    const before = scene.events().length;
    const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.error()).toMatchObject({ reason: 'UNTRACKED_EXPORT', details: { using: ['node-2'] } });
    expect(String(refused.error()['hint'])).toContain('rdsctl adopt vol-1');
    expect(scene.events()).toHaveLength(before);
    expect(scene.stateBytes()).toBeNull();
    // Not even with --take-over: that one is for nodes that can't be asked.
    expect((await scene.run('attach', 'vol-1', 'node-1', '--take-over')).code).toBe(4);
    expect(scene.events()).toHaveLength(before);
  });

  test('and connected nowhere: it is cut, drained and granted', async () => {
    const scene = await exportedByHand(allow);
    const before = scene.events().length;
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    const order = scene
      .events(before)
      .map(({ event }) => event)
      .filter((event) => event.startsWith('export') || event === 'session-opened');
    expect(order).toEqual(['export-off', 'export-on', 'session-opened']);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });

  test('and a node can not be asked: refused with 4; with --take-over it works and is said', async () => {
    const scene = await exportedByHand(allow);
    await scene.simulation.node('node-3').down();
    const before = scene.events().length;
    const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.error()).toMatchObject({ reason: 'UNTRACKED_EXPORT', details: { unasked: ['node-3'] } });
    expect(String(refused.error()['hint'])).toContain('--take-over');
    expect(scene.events()).toHaveLength(before);
    const taken = await scene.run('attach', 'vol-1', 'node-1', '--take-over');
    expect(taken.code, taken.stderr).toBe(0);
    expect(taken.stderr).toMatch(/^warning: .*node-3/m);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });
});

test('taking over cuts a session that nobody told of before it grants', async () => {
  const scene = await exportedByHand('any');
  await connectByHand(scene, 'node-3');
  // Its management is gone, its storage network is not.
  await scene.faults({ at: 'node-3', when: 'connect', do: 'refuse' });
  const taken = await scene.run('attach', 'vol-1', 'node-1', '--take-over');
  expect(taken.code, taken.stderr).toBe(0);
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
});

test('a device that is in use by hand on the very node is not torn away: exit 7', async () => {
  const scene = await exportedByHand('any');
  await connectByHand(scene, 'node-1');
  const { uses } = scene.simulation.node('node-1').kernel;
  await vi.waitUntil(() => uses.add('nvme0n1', { kind: 'mount', directory: '/srv', seen: 'own' }));
  const before = scene.events().length;
  const refused = await scene.run('attach', 'vol-1', 'node-1');
  expect(refused.code, refused.stderr).toBe(7);
  expect(scene.events()).toHaveLength(before);
});
