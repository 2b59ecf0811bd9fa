import { describe, expect, test } from 'vitest';
import { openScene, type Fault, type Scene } from './scene.ts';

/**
 * Every state that a crash can leave: the intent is on disk, and one step more or less has happened at the
 * storage server and the node. Made by running the operation until its hosts are lost; then the hosts are
 * back, and each next command must lead to a clean end.
 */
interface HalfDone {
  readonly name: string;
  readonly faults: readonly Fault[];
  readonly phase: 'attaching' | 'detaching' | 'fencing';
  /** Whether node-1 has a session in between. */
  readonly connected: boolean;
  /** Whether the storage server would let node-1 in. */
  readonly exported: boolean;
  readonly code: number;
}

const lost = (at: string, skip: number, more: Fault = {}): Fault => ({
  at,
  when: 'exec',
  skip,
  do: 'drop-before',
  ...more,
});
const unheard = (at: string, skip: number): Fault => lost(at, skip, { do: 'drop-after', times: 1 });

const ATTACH: readonly HalfDone[] = [
  {
    name: 'attach: claimed, the grant never arrived',
    faults: [lost('rds1', 1)],
    phase: 'attaching',
    connected: false,
    exported: false,
    code: 6,
  },
  {
    name: 'attach: granted, its answer was lost',
    faults: [unheard('rds1', 1), lost('rds1', 1)],
    phase: 'attaching',
    connected: false,
    exported: true,
    code: 6,
  },
  {
    name: 'attach: connected, its answer and the storage server were lost',
    faults: [unheard('node-1', 1), lost('node-1', 1), lost('rds1', 2)],
    phase: 'attaching',
    connected: true,
    exported: true,
    code: 6,
  },
];

const DETACH: readonly HalfDone[] = [
  {
    name: 'detach: begun, the node was never told',
    faults: [lost('node-1', 1)],
    phase: 'detaching',
    connected: true,
    exported: true,
    code: 6,
  },
  {
    name: 'detach: disconnected, its answer was lost',
    faults: [unheard('node-1', 1), lost('node-1', 1)],
    phase: 'detaching',
    connected: false,
    exported: true,
    code: 6,
  },
  {
    name: 'detach: disconnected, the export was not withdrawn',
    faults: [lost('rds1', 1)],
    phase: 'detaching',
    connected: false,
    exported: true,
    code: 6,
  },
  {
    name: 'detach: withdrawn, its answer was lost',
    faults: [unheard('rds1', 1), lost('rds1', 1)],
    phase: 'detaching',
    connected: false,
    exported: false,
    code: 6,
  },
];

const FENCE: readonly HalfDone[] = [
  {
    name: 'fence: begun, the cut never arrived',
    faults: [lost('rds1', 1)],
    phase: 'fencing',
    connected: true,
    exported: true,
    code: 11,
  },
  {
    name: 'fence: cut, its answer was lost',
    faults: [unheard('rds1', 1), lost('rds1', 1)],
    phase: 'fencing',
    connected: false,
    exported: false,
    code: 11,
  },
];

async function make(halfDone: HalfDone): Promise<Scene> {
  const scene = await openScene();
  const [verb = ''] = halfDone.name.split(':');
  if (verb !== 'attach') await scene.run('attach', 'vol-1', 'node-1');
  await scene.faults(...halfDone.faults);
  const command =
    verb === 'attach' ? ['attach', 'vol-1', 'node-1'] : [verb, verb === 'fence' ? 'node-1' : 'vol-1'];
  const outcome = await scene.run(...command, '--yes');
  await scene.faults();
  expect(outcome.code, outcome.stderr).toBe(halfDone.code);
  expect(scene.sessions('vol-1')).toEqual(halfDone.connected ? [scene.hostNqn('node-1')] : []);
  const { attachments } = await scene.state();
  expect(attachments['rds1/vol-1']).toMatchObject({
    phase: halfDone.phase,
    holders: [{ node: 'node-1' }],
    intent: { verb, node: 'node-1' },
  });
  const listed = await scene.run('list', '-o', 'jsonl');
  expect(listed.json()).toMatchObject({ volume: 'vol-1', node: 'node-1', phase: halfDone.phase });
  return scene;
}

async function expectNobody(scene: Scene): Promise<void> {
  expect(scene.sessions('vol-1')).toEqual([]);
  expect((await scene.state()).attachments).toEqual({});
  expect(await scene.console(':put [/disk get [find where slot="vol-1"] nvme-tcp-export]')).toBe('false\r\n');
}

async function expectOn(scene: Scene, node: string): Promise<void> {
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn(node)]);
  expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({
    phase: 'attached',
    holders: [{ node, hostNqn: scene.hostNqn(node), device: '/dev/nvme0n1' }],
    intent: null,
  });
}

describe.each([...ATTACH, ...DETACH])('after $name', (halfDone) => {
  test('attach to the same node finishes it', async () => {
    const scene = await make(halfDone);
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    await expectOn(scene, 'node-1');
  });

  test('attach to another node is refused unless nothing can have been granted', async () => {
    const scene = await make(halfDone);
    const outcome = await scene.run('attach', 'vol-1', 'node-2');
    if (halfDone.phase === 'attaching' && !halfDone.exported) {
      expect(outcome.code, outcome.stderr).toBe(0);
      await expectOn(scene, 'node-2');
    } else {
      expect(outcome.code, outcome.stderr).toBe(4);
      expect(outcome.stderr).toContain('rdsctl detach vol-1');
      expect((await scene.state()).attachments['rds1/vol-1']?.phase).toBe(halfDone.phase);
    }
  });

  test('detach undoes it', async () => {
    const scene = await make(halfDone);
    const outcome = await scene.run('detach', 'vol-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    await expectNobody(scene);
  });

  test('move takes it on to the other node', async () => {
    const scene = await make(halfDone);
    const outcome = await scene.run('move', 'vol-1', 'node-2');
    expect(outcome.code, outcome.stderr).toBe(0);
    await expectOn(scene, 'node-2');
  });

  test('fence cuts the node off, and the volume goes elsewhere', async () => {
    const scene = await make(halfDone);
    await scene.simulation.node('node-1').down();
    const fenced = await scene.run('fence', 'node-1', '--yes');
    expect(fenced.code, fenced.stderr).toBe(0);
    const outcome = await scene.run('attach', 'vol-1', 'node-2');
    expect(outcome.code, outcome.stderr).toBe(0);
    await expectOn(scene, 'node-2');
    await scene.simulation.node('node-1').up();
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
  });
});

describe.each(FENCE)('after $name', (halfDone) => {
  test('only finishing the fence is safe: everything else is refused', async () => {
    const scene = await make(halfDone);
    // A node that was cut goes on trying by itself, and being refused.
    const changes = (): number => scene.events().filter(({ event }) => event !== 'connect-refused').length;
    const before = { changes: changes(), state: scene.stateBytes() };
    for (const command of [
      ['attach', 'vol-1', 'node-2'],
      ['attach', 'vol-1', 'node-1'],
      ['detach', 'vol-1'],
      ['move', 'vol-1', 'node-2'],
      ['unfence', 'node-1'],
      ['unfence', 'node-1', '--force'],
    ]) {
      const refused = await scene.run(...command);
      expect(refused.code, `${command.join(' ')}: ${refused.stderr}`).toBe(4);
    }
    expect({ changes: changes(), state: scene.stateBytes() }).toEqual(before);
  });

  test('fence again finishes it, and the volume goes elsewhere', async () => {
    const scene = await make(halfDone);
    const again = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(again.json()).toMatchObject({ verified: true, volumes: [{ volume: 'vol-1', verified: true }] });
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(0);
    await expectOn(scene, 'node-2');
  });
});
