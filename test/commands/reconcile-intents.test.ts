import { describe, expect, test } from 'vitest';
import { openScene, type Fault, type Scene } from './scene.ts';

/**
 * Reconcile after a crash at every step of attach, detach and fence: the states of half-done.test.ts, and that
 * the same commands work afterwards.
 */
interface HalfDone {
  readonly name: string;
  readonly faults: readonly Fault[];
}

const lost = (at: string, skip: number, more: Fault = {}): Fault => ({
  at,
  when: 'exec',
  skip,
  do: 'drop-before',
  ...more,
});
const unheard = (at: string, skip: number): Fault => lost(at, skip, { do: 'drop-after', times: 1 });

const CASES: readonly HalfDone[] = [
  { name: 'attach: claimed, the grant never arrived', faults: [lost('rds1', 1)] },
  { name: 'attach: granted, its answer was lost', faults: [unheard('rds1', 1), lost('rds1', 1)] },
  {
    name: 'attach: connected, its answer and the storage server were lost',
    faults: [unheard('node-1', 1), lost('node-1', 1), lost('rds1', 2)],
  },
  { name: 'detach: begun, the node was never told', faults: [lost('node-1', 1)] },
  { name: 'detach: disconnected, its answer was lost', faults: [unheard('node-1', 1), lost('node-1', 1)] },
  { name: 'detach: disconnected, the export was not withdrawn', faults: [lost('rds1', 1)] },
  { name: 'detach: withdrawn, its answer was lost', faults: [unheard('rds1', 1), lost('rds1', 1)] },
  { name: 'fence: begun, the cut never arrived', faults: [lost('rds1', 1)] },
  { name: 'fence: cut, its answer was lost', faults: [unheard('rds1', 1), lost('rds1', 1)] },
];

async function make({ name, faults }: HalfDone): Promise<Scene> {
  const scene = await openScene();
  const [verb = ''] = name.split(':');
  if (verb !== 'attach') expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  await scene.faults(...faults);
  const args = verb === 'attach' ? ['vol-1', 'node-1'] : [verb === 'fence' ? 'node-1' : 'vol-1'];
  const outcome = await scene.run(verb, ...args, '--yes');
  await scene.faults();
  expect(outcome.code, outcome.stderr).not.toBe(0);
  expect((await scene.state()).attachments['rds1/vol-1']?.intent?.verb).toBe(verb);
  return scene;
}

/** A node that was cut goes on trying by itself, and being refused. */
const changes = (scene: Scene): number =>
  scene.events().filter(({ event }) => event !== 'connect-refused').length;

async function expectSilent(scene: Scene): Promise<void> {
  const before = changes(scene);
  const again = await scene.run('reconcile');
  expect(again).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(changes(scene)).toBe(before);
}

describe.each(CASES)('after $name', (halfDone) => {
  const verb = halfDone.name.split(':')[0] ?? '';

  test('reconcile leaves nothing open, once and for all', async () => {
    const scene = await make(halfDone);
    const outcome = await scene.run('reconcile', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.json()).toMatchObject({ kind: 'ReconcileReport', inSync: true, dryRun: false });
    const drift = outcome.json()['drift'] as object[];
    expect(drift[0]).toMatchObject({
      kind: `open-${verb}`,
      volume: 'vol-1',
      node: 'node-1',
      unasked: true,
      done: true,
    });
    expect(scene.sessions('vol-1')).toEqual([]);
    expect(await scene.console(':put [/disk get [find where slot="vol-1"] nvme-tcp-export]')).toBe(
      'false\r\n',
    );
    const present = (await scene.state()).attachments['rds1/vol-1'];
    if (verb === 'fence') expect(present).toMatchObject({ phase: 'fenced', intent: null });
    else expect(present).toBeUndefined();
    expect(scene.audit().at(-1)).toMatchObject({ event: 'reconcile', volume: 'rds1/vol-1', node: 'node-1' });
    await expectSilent(scene);
  });

  test('the same command again works, and so does another node', async () => {
    const scene = await make(halfDone);
    expect((await scene.run('reconcile')).code).toBe(0);
    if (verb === 'fence') {
      expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
    } else {
      expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
      expect((await scene.run('detach', 'vol-1')).code).toBe(0);
    }
    const elsewhere = await scene.run('attach', 'vol-1', 'node-2');
    expect(elsewhere.code, elsewhere.stderr).toBe(0);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
    await expectSilent(scene);
  });

  test('dry run tells it with exit 8 and changes nothing', async () => {
    const scene = await make(halfDone);
    const all = () => ({ state: scene.stateBytes(), changes: changes(scene), audit: scene.audit().length });
    const before = all();
    const outcome = await scene.run('reconcile', '--dry-run', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(8);
    expect(outcome.json()).toMatchObject({ inSync: false, dryRun: true });
    expect((outcome.json()['drift'] as object[])[0]).toMatchObject({
      kind: `open-${verb}`,
      unasked: true,
      done: false,
      result: 'planned',
    });
    expect(all()).toEqual(before);
  });
});
