import { describe, expect, test } from 'vitest';
import { openScene } from './scene.ts';

describe('detach', () => {
  test('disconnects the node, withdraws the export, leaves nobody on the list, and forgets it', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const before = scene.events().length;
    const outcome = await scene.run('detach', 'vol-1');
    expect(outcome).toMatchObject({ code: 0, stdout: 'vol-1 is detached from node-1\n', stderr: '' });
    const told = scene.events(before);
    // The node lets go first: an orderly end, not a cut.
    expect(told.find(({ event }) => event === 'session-closed')).toMatchObject({ cause: 'disconnect' });
    expect(told.findLast(({ event }) => event === 'allow-changed')?.allow).toMatch(/nobody$/);
    expect(told.at(-1)).toMatchObject({ event: 'export-off' });
    expect((await scene.state()).attachments).toEqual({});
    expect(scene.simulation.node('node-1').kernel.host.controllers).toEqual([]);
  });

  test('again, or of a volume that was never attached, is success and changes nothing', async () => {
    const scene = await openScene({ nodes: 1 });
    expect((await scene.run('detach', 'vol-2')).stdout).toContain('vol-2 is not attached');
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('detach', 'vol-1');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const again = await scene.run('detach', 'vol-1');
    expect(again).toMatchObject({ code: 0, stdout: 'vol-1 is not attached (nothing changed)\n' });
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('from a node that has not got it changes nothing and says who has it', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const before = scene.events().length;
    const outcome = await scene.run('detach', 'vol-1', 'node-2');
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain('not attached to node-2, but to node-1');
    expect(scene.events()).toHaveLength(before);
    expect((await scene.run('detach', 'vol-1', 'node-9')).code).toBe(3);
  });

  test('while the controller is dead (the network is cut): dropped through sysfs, then withdrawn', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.setDisk('vol-1', 'nvme-tcp-export=no');
    const outcome = await scene.run('detach', 'vol-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(scene.simulation.node('node-1').kernel.host.controllers).toEqual([]);
  });

  test('of one volume leaves the others of the node alone', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-2', 'node-1');
    await scene.done('detach', 'vol-1');
    expect(scene.sessions('vol-2')).toEqual([scene.hostNqn('node-1')]);
  });
});

describe('move', () => {
  test('takes it from the one and gives it to the other, in that order', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const before = scene.events().length;
    const outcome = await scene.run('move', 'vol-1', 'node-2');
    expect(outcome.stdout).toBe('vol-1 is moved from node-1 to node-2 as /dev/nvme0n1\n');
    const order = scene
      .events(before)
      .map(({ event }) => event)
      .filter((event) => !/changed/.test(event));
    expect(order).toEqual(['session-closed', 'export-off', 'export-on', 'session-opened']);
  });

  test('to where it is changes nothing', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const again = await scene.run('move', 'vol-1', 'node-1', '-o', 'json');
    expect(again.json()).toMatchObject({ changed: false, from: ['node-1'] });
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('of a volume that nobody has is an attach', async () => {
    const scene = await openScene({ nodes: 1 });
    const outcome = await scene.run('move', 'vol-1', 'node-1');
    expect(outcome).toMatchObject({ code: 0, stdout: 'vol-1 is attached to node-1 as /dev/nvme0n1\n' });
  });

  test('away from a node that is down changes nothing and says to fence it', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.simulation.node('node-1').down();
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('move', 'vol-1', 'node-2');
    expect(refused.code, refused.stderr).toBe(6);
    expect(refused.stderr).toContain('rdsctl fence node-1');
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('to a node that is down changes nothing', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.simulation.node('node-2').down();
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('move', 'vol-1', 'node-2');
    expect(refused.code, refused.stderr).toBe(6);
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('to a node that can not connect: nobody has it, and how to go back is told', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.faults({ at: 'node-2', when: 'exec', skip: 2, times: 1, do: 'reply', reply: 'oops\n' });
    const failed = await scene.run('move', 'vol-1', 'node-2');
    expect(failed.code, failed.stderr).toBe(10);
    expect(failed.stderr).toContain('rdsctl attach vol-1 node-1');
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await scene.state()).attachments).toEqual({});
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });
});

describe('the token at the storage server (law 4)', () => {
  test('a command that was overtaken between look and change is refused there, and changes nothing', async () => {
    const scene = await openScene();
    const { device } = scene.simulation.rds;
    const exec = device.exec.bind(device);
    let overtaken = false;
    device.exec = async (line, policies) => {
      if (line.includes('nvme-tcp-export=yes') && !overtaken) {
        overtaken = true;
        // Somebody took the lock from it: another process with the same state grants to node-2.
        const { lineage } = await scene.state();
        await exec(
          `/disk set [find where slot="vol-1"] comment="[rdsctl owner=node-2 token=2 lineage=${lineage}]"`,
        );
      }
      return exec(line, policies);
    };
    const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(overtaken).toBe(true);
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.error()).toMatchObject({ reason: 'CHANGED_MEANWHILE' });
    expect(String(refused.error()['message'])).toContain('took token 2 for node-2');
    expect(scene.events().map(({ event }) => event)).not.toContain('export-on');
    expect(await scene.comment('vol-1')).toContain('owner=node-2 token=2');
  });

  test('tokens only grow, also over detach, fence and attempts that failed', async () => {
    const scene = await openScene();
    const seen: number[] = [];
    const token = async (): Promise<void> => {
      seen.push((await scene.state()).tokens['rds1/vol-1'] ?? 0);
    };
    for (const command of [
      ['attach', 'vol-1', 'node-1'],
      ['detach', 'vol-1'],
      ['attach', 'vol-1', 'node-2'],
      ['fence', 'node-2', '--yes'],
      ['attach', 'vol-1', 'node-1'],
    ]) {
      await scene.done(...command);
      await token();
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(await scene.comment('vol-1')).toContain('token=5');
  });
});
