import { describe, expect, test } from 'vitest';
import { NOBODY } from '../../src/attachment/host-nqn.ts';
import { openScene, type Scene } from './scene.ts';

describe('attach for the first time', () => {
  test('makes the volume usable on the node alone and prints the device', async () => {
    const scene = await openScene();
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome).toMatchObject({
      code: 0,
      stdout: 'vol-1 is attached to node-1 as /dev/nvme0n1\n',
      stderr: '',
    });
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    expect(scene.sessions('vol-2')).toEqual([]);
  });

  test('exports to exactly the host NQN of the node and tags the disk', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    expect(scene.events().find(({ event }) => event === 'export-on')).toMatchObject({
      volume: 'vol-1',
      allow: scene.hostNqn('node-1'),
    });
    const { lineage } = await scene.state();
    expect(await scene.comment('vol-1')).toBe(`[rdsctl owner=node-1 token=1 lineage=${lineage}]`);
  });

  test('is in the state without an open intent, and in the audit log', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1', '--reason', 'database move');
    const { attachments, tokens } = await scene.state();
    expect(attachments['rds1/vol-1']).toMatchObject({ phase: 'attached', token: 1, intent: null });
    expect(tokens).toEqual({ 'rds1/vol-1': 1 });
    expect(scene.audit()).toMatchObject([
      {
        event: 'attach',
        result: 'ok',
        exitCode: 0,
        volume: 'rds1/vol-1',
        node: 'node-1',
        rds: 'rds1',
        token: 1,
        operatorReason: 'database move',
        changes: [{ at: 'rds1' }, { at: 'node-1' }],
      },
    ]);
  });

  test('a host that was not granted the volume is turned away by the storage server', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const other = scene.simulation.node('node-2').kernel.host;
    const { nqn = '' } = scene.events().find(({ event }) => event === 'export-on') ?? {};
    const outcome = scene.simulation.network.connect('10.77.0.1', {
      nqn,
      port: 4420,
      hostNqn: scene.hostNqn('node-2'),
      hostId: '',
      keepAliveMs: 5000,
      node: other.node,
    });
    expect(outcome).toEqual({ refused: 'not-allowed' });
  });

  test('an explicit rds/slot means the same volume', async () => {
    const scene = await openScene();
    expect((await scene.run('attach', 'rds1/vol-1', 'node-1')).code).toBe(0);
    const again = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(again.json()).toMatchObject({ volume: 'vol-1', rds: 'rds1', changed: false });
  });
});

describe('attach again to the same node', () => {
  test('changes nothing and says so', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const again = await scene.run('attach', 'vol-1', 'node-1');
    expect(again).toMatchObject({
      code: 0,
      stdout: 'vol-1 is attached to node-1 as /dev/nvme0n1 (it was already; nothing changed)\n',
    });
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
    expect(scene.audit().map(({ result }) => result)).toEqual(['ok', 'unchanged']);
  });

  test('after the node rebooted it reconnects, and the export is not toggled under it', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.simulation.node('node-1').down('off');
    await scene.simulation.node('node-1').up();
    const before = scene.events().length;
    const again = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(again.json()).toMatchObject({ phase: 'attached', changed: true, device: '/dev/nvme0n1' });
    const after = scene.events(before).map(({ event }) => event);
    expect(after).not.toContain('export-off');
    expect(after).toContain('session-opened');
  });

  test('after the export was withdrawn by hand it is granted again, and the device is back', async () => {
    // The node's old controller comes back by itself, but its kernel has dropped the namespace.
    const scene = await openScene({ nodes: 1, config: { timeouts: { device: '5s' } } });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.setDisk('vol-1', 'nvme-tcp-export=no');
    const again = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(again.json()).toMatchObject({ phase: 'attached', changed: true, device: '/dev/nvme0n1' });
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });

  test('after the user edited the comment around the tag the text stays', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const comment = await scene.comment('vol-1');
    await scene.setDisk('vol-1', `comment="mine ${comment}"`);
    const again = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(again.json()).toMatchObject({ changed: false });
    await scene.done('detach', 'vol-1');
    expect(await scene.comment('vol-1')).toMatch(/^mine \[rdsctl owner=- token=2 /);
  });
});

describe('attach elsewhere', () => {
  test('is refused with the owner, since when, and what to run; nothing is changed', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await scene.run('attach', 'vol-1', 'node-2');
    expect(refused).toMatchObject({ code: 4, stdout: '' });
    expect(refused.stderr).toMatch(
      /^error: vol-1 is attached to node-1 since \d{4}-\d\d-\d\d \d\d:\d\dZ \(by /,
    );
    expect(refused.stderr).toMatch(/^ {7}Nothing was changed\. To move it: +rdsctl move vol-1 node-2$/m);
    expect(refused.stderr).toMatch(/^ {7}If node-1 is dead, cut it off first: +rdsctl fence node-1$/m);
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
    expect(scene.audit().at(-1)).toMatchObject({
      result: 'refused',
      reason: 'ATTACHED_ELSEWHERE',
      exitCode: 4,
    });
  });

  test('works after a detach', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('detach', 'vol-1');
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
  });
});

describe('attach to the owner, when somebody opened the export to any host', () => {
  test('names the owner alone again, and never toggles the export under it', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name=""');
    const since = scene.events().length;
    const again = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(again.code).toBe(0);
    expect(again.json()).toMatchObject({ node: 'node-1', changed: true });
    const happened = scene.events(since).map(({ event }) => event);
    expect(happened).toContain('allow-changed');
    expect(happened).not.toContain('export-off');
    expect(happened).not.toContain('session-closed');
    const allowed = await scene.console(
      ':put [/disk get [find where slot="vol-1"] nvme-tcp-server-allow-host-name]',
    );
    expect(allowed.trim()).toBe(scene.hostNqn('node-1'));
    const state = await scene.state();
    expect(await scene.comment('vol-1')).toContain(`token=${state.tokens['rds1/vol-1'] ?? 0} `);
    expect((await scene.run('attach', 'vol-1', 'node-1', '-o', 'json')).json()).toMatchObject({
      changed: false,
    });
  });

  test('is refused while another node, which may have come in, can not be asked', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name=""');
    await scene.faults({ at: 'node-2', when: 'connect', do: 'refuse' });
    const since = scene.events().length;
    const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(refused.code).toBe(4);
    expect(refused.error()).toMatchObject({ reason: 'UNTRACKED_EXPORT' });
    expect(
      scene.events(since).filter(({ event }) => event === 'export-off' || event === 'allow-changed'),
    ).toEqual([]);
    await scene.faults();
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  });
});

describe('attach to the owner, when somebody changed the list of its export', () => {
  const toggled = (scene: Scene, since: number) =>
    scene.events(since).filter(({ event }) => /^(?:export-o|session-)/.test(event));

  async function mounted(allow: string): Promise<Scene> {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const { uses } = scene.simulation.node('node-1').kernel;
    uses.add('nvme0n1', { kind: 'mount', directory: '/srv', seen: 'own' });
    await scene.setDisk('vol-1', `nvme-tcp-server-allow-host-name="${allow}"`);
    return scene;
  }

  test('to nobody: it is given back, and never toggled under a mounted file system', async () => {
    const scene = await mounted(NOBODY);
    const since = scene.events().length;
    const again = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(again.code, again.stderr).toBe(0);
    expect(toggled(scene, since)).toEqual([]);
    expect(scene.events(since).find(({ event }) => event === 'allow-changed')?.allow).toBe(
      scene.hostNqn('node-1'),
    );
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });

  test.for([[], ['--take-over']])(
    'to another host: exit 7 while it is mounted, nothing is changed (%s)',
    async (more) => {
      const scene = await mounted('nqn.2014-08.org.example:other');
      const before = { state: scene.stateBytes(), events: scene.events().length };
      const refused = await scene.run('attach', 'vol-1', 'node-1', ...more, '-o', 'json');
      expect(refused.code, refused.stderr).toBe(7);
      expect(refused.error()).toMatchObject({ reason: 'DEVICE_IN_USE' });
      expect({ state: scene.stateBytes(), events: scene.events().length }).toEqual(before);
      scene.simulation.node('node-1').kernel.uses.remove(() => true);
      expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
      expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    },
  );
});

describe('attach of what is not there', () => {
  test.for([
    ['vol-99', 'node-1', 'NO_SUCH_VOLUME'],
    ['vol-1', 'node-9', 'NO_SUCH_NODE'],
    ['rds9/vol-1', 'node-1', 'NO_SUCH_STORAGE_SERVER'],
  ])('%s on %s ends with 3 and %s', async ([volume = '', node = '', reason]) => {
    const scene = await openScene({ nodes: 1 });
    const refused = await scene.run('attach', volume, node, '-o', 'json');
    expect(refused.code).toBe(3);
    expect(refused.error()).toMatchObject({ code: 'NOT_FOUND', reason });
    expect(scene.events()).toEqual([]);
    expect(scene.stateBytes()).toBeNull();
  });

  test.for([
    ['vl-2', 'node-1', 'did you mean vol-2?'],
    ['vol-1', 'nod-1', 'did you mean node-1?'],
    ['rd1/vol-1', 'node-1', 'did you mean rds1?'],
    ['node-1', 'vol-1', 'the volume comes first'],
  ])('%s on %s: %s', async ([volume = '', node = '', told = '']) => {
    const scene = await openScene({ nodes: 1 });
    const refused = await scene.run('attach', volume, node);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(told);
    if (volume === 'node-1') expect(refused.stderr).toContain('rdsctl attach vol-1 node-1');
  });

  test('a name that is like no other is met with no guess', async () => {
    const scene = await openScene({ nodes: 1 });
    expect((await scene.run('attach', 'database', 'node-1')).stderr).not.toContain('did you mean');
    expect((await scene.run('attach', 'vol-7', 'node-1')).stderr).not.toContain('did you mean');
    expect((await scene.run('detach', 'vol-1', 'elsewhere')).stderr).not.toContain('did you mean');
  });

  test('a slot that the globs of the configuration leave out is not touched', async () => {
    const scene = await openScene({
      nodes: 1,
      config: { storageServers: { rds1: { volumes: ['vol-2'] } } },
    });
    const refused = await scene.run('attach', 'vol-1', 'node-1');
    expect(refused.code).toBe(3);
    expect((await scene.run('attach', 'rds1/vol-1', 'node-1')).code).toBe(3);
    expect(scene.events()).toEqual([]);
    expect((await scene.run('volumes', '-o', 'name')).stdout).toBe('vol-2\n');
  });
});

describe('old controllers (law 10)', () => {
  test('a controller that still retries is dropped while the storage server refuses it', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    // Its session is cut behind its back: the node keeps a controller in "connecting".
    await scene.done('fence', 'node-1', '--yes');
    await scene.done('unfence', 'node-1');
    await scene.done('attach', 'vol-1', 'node-2');
    await scene.done('detach', 'vol-1');
    const before = scene.events().length;
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    const opened = scene.events(before).filter(({ event }) => event === 'session-opened');
    expect(opened).toHaveLength(1);
  });
});
