import { describe, expect, test } from 'vitest';
import { openScene } from './scene.ts';

describe('two storage servers with volumes of one name', () => {
  test('a bare slot is ambiguous: exit 2 with both names; nothing is changed', async () => {
    const scene = await openScene({ rds: 2, nodes: 1 });
    for (const command of [
      ['attach', 'vol-1', 'node-1'],
      ['show', 'vol-1'],
      ['detach', 'vol-1'],
    ]) {
      const refused = await scene.run(...command, '-o', 'json');
      expect(refused.code, command.join(' ')).toBe(2);
      expect(refused.error()).toMatchObject({
        reason: 'AMBIGUOUS_VOLUME',
        details: { candidates: ['rds1', 'rds2'] },
      });
      expect(refused.stderr).toContain('rds2/vol-1');
    }
    expect(scene.events()).toEqual([]);
  });

  test('rds/slot works; then the bare slot means the one that is attached', async () => {
    const scene = await openScene({ rds: 2, disks: [{ slot: 'vol-1', sizeBytes: 1024 ** 3 }] });
    // One NQN at two servers can't be told apart on a node: they get their own.
    await scene.setDisk('vol-1', 'nvme-tcp-server-nqn="nqn.2026-01.org.example:two"', 'rds2');
    expect((await scene.run('attach', 'rds2/vol-1', 'node-1')).code).toBe(0);
    expect(scene.sessions('vol-1', 'rds2')).toEqual([scene.hostNqn('node-1')]);
    expect(scene.sessions('vol-1', 'rds1')).toEqual([]);
    expect((await scene.run('move', 'vol-1', 'node-2', '-o', 'json')).json()).toMatchObject({ rds: 'rds2' });
    expect((await scene.run('attach', 'rds1/vol-1', 'node-1')).code).toBe(0);
    const listed = (await scene.run('list', '-o', 'name')).stdout;
    expect(listed).toBe('rds1/vol-1\nrds2/vol-1\n');
    expect((await scene.run('detach', 'vol-1')).code).toBe(2);
    expect((await scene.run('detach', 'rds1/vol-1')).code).toBe(0);
    expect(scene.sessions('vol-1', 'rds2')).toEqual([scene.hostNqn('node-2')]);
  });

  test('one NQN at two servers: a node that holds the one is refused the other with 4', async () => {
    const scene = await openScene({ rds: 2, nodes: 1 });
    expect((await scene.run('attach', 'rds1/vol-1', 'node-1')).code).toBe(0);
    const before = scene.events().length;
    const refused = await scene.run('attach', 'rds2/vol-1', 'node-1', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.error()).toMatchObject({ reason: 'NQN_COLLISION' });
    expect(scene.events()).toHaveLength(before);
    expect(scene.sessions('vol-1', 'rds1')).toEqual([scene.hostNqn('node-1')]);
  });

  test('a slot that only one has needs no more; a server that is down makes it unknown: exit 6', async () => {
    const scene = await openScene({ rds: 2, nodes: 1 });
    await scene.console('/disk set [find where slot="vol-2"] slot=only-2', 'rds2');
    expect((await scene.run('attach', 'only-2', 'node-1')).code).toBe(0);
    await scene.faults({ at: 'rds2', when: 'connect', do: 'refuse' });
    expect((await scene.run('attach', 'vol-2', 'node-1')).code).toBe(6);
    // The state knows this one: only its own server is asked.
    await scene.faults({ at: 'rds1', when: 'connect', do: 'refuse' });
    expect((await scene.run('detach', 'only-2')).code).toBe(0);
  });

  test('fence: a server of which the state knows nothing for the node, and which is unreachable, is not verified', async () => {
    const scene = await openScene({ rds: 2 });
    expect((await scene.run('attach', 'rds1/vol-1', 'node-1')).code).toBe(0);
    await scene.simulation.node('node-1').down();
    await scene.faults({ at: 'rds2', when: 'connect', do: 'refuse' });
    const fenced = await scene.run('fence', 'node-1', '--yes');
    expect(fenced.code, fenced.stderr).toBe(6);
    expect(fenced.stdout).toContain('not proved to be cut off from whatever rds2 may export to it');
    expect(fenced.stderr).toContain('Treat node-1 as still connected to whatever rds2 may export to it');
    expect((await scene.run('attach', 'rds1/vol-1', 'node-2')).code).toBe(0);
    await scene.faults();
    expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
  });

  test('fence cuts at both; one that is unreachable is told, the other is done', async () => {
    const scene = await openScene({ rds: 2, disks: [{ slot: 'a', sizeBytes: 1024 ** 3 }] });
    await scene.setDisk('a', 'nvme-tcp-server-nqn="nqn.2026-01.org.example:two"', 'rds2');
    await scene.done('attach', 'rds1/a', 'node-1');
    await scene.done('attach', 'rds2/a', 'node-1');
    await scene.faults({ at: 'rds2', when: 'connect', do: 'refuse' });
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.code, fenced.stderr).toBe(6);
    expect(fenced.json()).toMatchObject({
      verified: false,
      volumes: [
        { rds: 'rds1', result: 'fenced', verified: true },
        { rds: 'rds2', result: 'failed', verified: false },
      ],
    });
    expect(scene.sessions('a', 'rds1')).toEqual([]);
    await scene.faults();
    expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
    expect(scene.sessions('a', 'rds2')).toEqual([]);
  });

  test('volumes tells a server that does not answer with 6, after what the other one holds', async () => {
    const scene = await openScene({ rds: 2, nodes: 1 });
    await scene.faults({ at: 'rds2', when: 'connect', do: 'refuse' });
    const told = await scene.run('volumes', '-o', 'json');
    expect(told.code).toBe(6);
    expect(told.json()).toMatchObject({
      storageServers: [
        { rds: 'rds1', reachable: true },
        { rds: 'rds2', reachable: false },
      ],
      items: [
        { volume: 'vol-1', rds: 'rds1' },
        { volume: 'vol-2', rds: 'rds1' },
      ],
    });
    expect((await scene.run('volumes', '--rds', 'rds1', '-o', 'name')).stdout).toBe('vol-1\nvol-2\n');
  });
});
