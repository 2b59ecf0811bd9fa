import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';

/** node-1 was fenced while it was cut off, and is back with a controller that retries. */
async function fencedAndBack(): Promise<Scene> {
  const scene = await openScene({ config: { nvme: { ctrlLossTmo: -1 } } });
  await scene.done('attach', 'vol-1', 'node-1');
  await scene.simulation.node('node-1').down();
  expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
  await scene.simulation.node('node-1').up();
  return scene;
}

describe('unfence', () => {
  test('is refused with 4 while the node holds a controller that would replay its writes', async () => {
    const scene = await fencedAndBack();
    const before = scene.stateBytes();
    const refused = await scene.run('unfence', 'node-1', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.error()).toMatchObject({ reason: 'STALE_CONTROLLER' });
    expect(String(refused.error()['message'])).toContain('node-1 stays fenced');
    expect(scene.stateBytes()).toBe(before);
  });

  test('after the fence was run again it works: the dead controllers are dropped', async () => {
    const scene = await fencedAndBack();
    const again = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(again.json()).toMatchObject({ verified: true, nodeSide: 'dropped' });
    const lifted = await scene.run('unfence', 'node-1', '-o', 'json');
    expect(lifted.json()).toMatchObject({
      kind: 'FenceReport',
      node: 'node-1',
      fenced: false,
      changed: true,
      released: ['rds1/vol-1'],
    });
    expect((await scene.state()).attachments).toEqual({});
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });

  test('also finds the controllers of volumes that went elsewhere meanwhile', async () => {
    const scene = await fencedAndBack();
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
    const refused = await scene.run('unfence', 'node-1');
    expect(refused.code, refused.stderr).toBe(4);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
  });

  test('--force skips the look and says so; law 10 still holds at the next attach', async () => {
    const scene = await fencedAndBack();
    const forced = await scene.run('unfence', 'node-1', '--force');
    expect(forced.code).toBe(0);
    expect(forced.stderr).toMatch(/^warning: node-1 was not checked/m);
    const before = scene.events().length;
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    // The old controller was dropped before the grant: the one session is a new controller's.
    const told = scene.events(before).map(({ event }) => event);
    expect(told.filter((event) => event === 'session-opened')).toHaveLength(1);
  });

  test('of a node that does not answer is refused with 6 and names --force', async () => {
    const scene = await fencedAndBack();
    await scene.simulation.node('node-1').down();
    const refused = await scene.run('unfence', 'node-1');
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('node-1 stays fenced');
    expect(refused.stderr).toContain('rdsctl unfence node-1 --force');
    expect((await scene.run('unfence', 'node-1', '--force')).code).toBe(0);
  });

  test('of a node that is not fenced changes nothing', async () => {
    const scene = await openScene({ nodes: 1 });
    const outcome = await scene.run('unfence', 'node-1', '-o', 'json');
    expect(outcome.code).toBe(0);
    expect(outcome.json()).toMatchObject({ fenced: false, changed: false });
    expect(scene.stateBytes()).toBeNull();
  });

  test('of a node that nobody knows ends with 3', async () => {
    const scene = await openScene({ nodes: 1 });
    expect((await scene.run('unfence', 'node-9')).code).toBe(3);
  });
});
