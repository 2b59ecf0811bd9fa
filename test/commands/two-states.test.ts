import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Outcome } from './outcome.ts';
import { openScene, type Scene } from './scene.ts';

/**
 * Two state files on one storage server. Whatever the one that does not count any more wants to change is
 * refused there: exit 4, what to do, and nothing happened.
 */

/** The second admin host's state directory. */
const second = (scene: Scene): string => join(scene.dir, 'second');

/** The same state in two places from now on: a backup that will be restored, a copied directory. */
function copyState(scene: Scene): void {
  cpSync(scene.stateDir, second(scene), { recursive: true });
}

const onSecond = (scene: Scene, command: string): Promise<Outcome> =>
  scene.run(...command.split(' '), '--state', second(scene), '-o', 'json');

/** What the storage server and the nodes went through, but for looks. */
const changes = (scene: Scene): number => scene.events().length;

/** Refused with 4, for one of these reasons, with a next command; and nothing happened anywhere. */
async function isRefused(scene: Scene, command: string, ...reasons: string[]): Promise<void> {
  const before = changes(scene);
  const comment = await scene.comment('vol-1');
  const sessions = scene.sessions('vol-1');
  const outcome = await onSecond(scene, command);
  expect(outcome.code, `${command}: ${outcome.stdout}${outcome.stderr}`).toBe(4);
  const { reason, hint } = outcome.error();
  expect(reasons, command).toContain(reason);
  expect(String(hint), command).toMatch(/rdsctl/);
  expect(changes(scene), command).toBe(before);
  expect(await scene.comment('vol-1'), command).toBe(comment);
  expect(scene.sessions('vol-1'), command).toEqual(sessions);
}

/** An old copy may find the reason in itself: its own record, or the mark of its own failed fence. */
const STALE = ['STALE_STATE', 'ATTACHED_ELSEWHERE', 'NODE_FENCED'];

describe('a state of another lineage', () => {
  const CHANGES = [
    'attach vol-1 node-1',
    'attach vol-1 node-2',
    'attach vol-1 node-2 --take-over',
    'move vol-1 node-2',
    'move vol-1 node-1',
    'fence node-1 --yes',
    'fence node-1 --volume vol-1 --yes',
  ];

  test('every change is refused with FOREIGN_TAG, however often it is tried', async () => {
    const scene = await openScene({ nodes: 2, volumes: 1 });
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    for (const command of [...CHANGES, ...CHANGES])
      await isRefused(scene, command, 'FOREIGN_TAG', 'NODE_FENCED');
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });

  test('of a volume that was attached once and is free now, too', async () => {
    const scene = await openScene({ nodes: 2, volumes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('detach', 'vol-1');
    for (const command of ['attach vol-1 node-1', 'move vol-1 node-2']) {
      await isRefused(scene, command, 'FOREIGN_TAG');
    }
  });

  test('detach and unfence have nothing to change, and change nothing', async () => {
    const scene = await openScene({ nodes: 2, volumes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const before = changes(scene);
    for (const command of ['detach vol-1', 'detach vol-1 node-1', 'unfence node-1']) {
      expect(await onSecond(scene, command), command).toMatchObject({ code: 0 });
    }
    expect(changes(scene)).toBe(before);
  });

  test('its fence does not touch what the other state manages, and does not say that it is cut off', async () => {
    const scene = await openScene({ nodes: 2, volumes: 2 });
    await scene.done('attach', 'vol-1', 'node-1');
    expect((await onSecond(scene, 'attach vol-2 node-1')).code).toBe(0);
    const fenced = await onSecond(scene, 'fence node-1 --yes');
    expect(fenced.code, fenced.stderr).toBe(4);
    expect(fenced.json()).toMatchObject({
      verified: false,
      volumes: [
        { volume: 'vol-1', result: 'failed', verified: false },
        { volume: 'vol-2', result: 'fenced', verified: true },
      ],
    });
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    expect(scene.sessions('vol-2')).toEqual([]);
  });
});

describe('an old copy of the state', () => {
  const CHANGES = [
    'attach vol-1 node-1',
    'attach vol-1 node-3',
    'attach vol-1 node-1 --take-over',
    'detach vol-1',
    'detach vol-1 node-1',
    'move vol-1 node-1',
    'move vol-1 node-2',
    'move vol-1 node-3',
    'fence node-1 --yes',
    'fence node-2 --yes',
    'fence node-1 --volume vol-1 --yes',
  ];

  test('after a move every change is refused, however often it is tried', async () => {
    const scene = await openScene({ nodes: 3, volumes: 1 });
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    copyState(scene);
    expect((await scene.run('move', 'vol-1', 'node-2')).code).toBe(0);
    for (const command of [...CHANGES, ...CHANGES, ...CHANGES]) await isRefused(scene, command, ...STALE);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
    expect((await scene.run('move', 'vol-1', 'node-1')).code).toBe(0);
  });

  test('after many changes every change is refused, however often it is tried', async () => {
    const scene = await openScene({ nodes: 3, volumes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    copyState(scene);
    for (const node of ['node-2', 'node-1', 'node-2']) await scene.done('move', 'vol-1', node);
    for (const command of [...CHANGES, ...CHANGES, ...CHANGES]) await isRefused(scene, command, ...STALE);
    for (let again = 0; again < 3; again += 1) await isRefused(scene, 'fence node-1 --yes', 'STALE_STATE');
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
  });

  test('from before anything was attached: nothing is changed', async () => {
    const scene = await openScene({ nodes: 3, volumes: 2 });
    await scene.done('attach', 'vol-2', 'node-3');
    copyState(scene);
    await scene.done('attach', 'vol-1', 'node-1');
    for (const command of CHANGES) {
      if (command.startsWith('fence')) continue;
      if (!command.startsWith('detach')) {
        await isRefused(scene, command, 'STALE_STATE');
        continue;
      }
      const before = changes(scene);
      expect((await onSecond(scene, command)).code).toBe(0);
      expect(changes(scene)).toBe(before);
    }
  });

  test('from before anything was attached: a fence finds the volume, is refused, and says that it is not cut off', async () => {
    const scene = await openScene({ nodes: 2, volumes: 2 });
    await scene.done('attach', 'vol-2', 'node-2');
    copyState(scene);
    await scene.done('attach', 'vol-1', 'node-1');
    for (let again = 0; again < 3; again += 1) await isRefused(scene, 'fence node-1 --yes', 'STALE_STATE');
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });

  test('after a fence and an attach elsewhere: the volume is not taken from its new node', async () => {
    const scene = await openScene({ nodes: 3, volumes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    copyState(scene);
    await scene.done('fence', 'node-1', '--yes');
    await scene.done('attach', 'vol-1', 'node-2');
    for (const command of CHANGES) await isRefused(scene, command, ...STALE);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
  });

  test.each([
    ['another lineage', 'foreign-tag'],
    ['an old copy', 'stale-state'],
  ] as const)('reconcile and drain with the state of %s change nothing', async (whose, kind) => {
    const scene = await openScene({ nodes: 2, volumes: 2 });
    await scene.done('attach', 'vol-1', 'node-1');
    if (whose === 'an old copy') copyState(scene);
    else await onSecond(scene, 'attach vol-2 node-2').then(() => onSecond(scene, 'detach vol-2'));
    await scene.done('move', 'vol-1', 'node-2');
    const before = changes(scene);
    const comment = await scene.comment('vol-1');
    for (let again = 0; again < 2; again += 1) {
      const reconciled = await onSecond(scene, 'reconcile');
      expect(reconciled.json()['drift']).toContainEqual(expect.objectContaining({ kind, result: 'left' }));
      expect(reconciled.json()).toMatchObject({ inSync: false });
      const drained = await onSecond(scene, 'drain node-1');
      if (whose === 'an old copy') expect(drained.stdout + drained.stderr).toContain('STALE_STATE');
    }
    expect(changes(scene)).toBe(before);
    expect(await scene.comment('vol-1')).toBe(comment);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
  });

  test('a volume that nobody changed since is not the worse for it', async () => {
    const scene = await openScene({ nodes: 2, volumes: 2 });
    await scene.done('attach', 'vol-1', 'node-1');
    copyState(scene);
    await scene.done('attach', 'vol-2', 'node-1');
    expect((await onSecond(scene, 'detach vol-1')).code).toBe(0);
    // Now it is the first one that is old, for this volume.
    const late = await scene.run('detach', 'vol-1', '-o', 'json');
    expect(late.code).toBe(4);
    expect(late.error()).toMatchObject({ reason: 'STALE_STATE' });
  });
});

describe('two copies of one state at the same token', () => {
  /** Commands of the second state that are at the storage server's door when the first one's change is made. */
  const RACES = [
    ['attach vol-1 node-1', 'attach vol-1 node-2', null],
    ['detach vol-1', 'move vol-1 node-2', 'node-1'],
    ['move vol-1 node-2', 'detach vol-1', 'node-1'],
    ['move vol-1 node-2', 'move vol-1 node-3', 'node-1'],
    ['move vol-1 node-2', 'fence node-1 --yes', 'node-1'],
    ['fence node-1 --yes', 'move vol-1 node-3', 'node-1'],
  ] as const;

  test.each(RACES)(
    '"%s" wins: "%s" is refused when its change arrives, and ever after',
    async (first, late, owner) => {
      const scene = await openScene({ nodes: 3, volumes: 1 });
      // A token is there in any case, and both know it.
      await scene.done('attach', 'vol-1', 'node-1');
      if (owner === null) await scene.run('detach', 'vol-1');
      copyState(scene);
      const held = scene.hold(/\/disk set .*nvme-tcp-export=/);
      const loser = scene.start([...late.split(' '), '--state', second(scene), '-o', 'json']);
      await held.reached;
      held.pass();
      const won = await scene.run(...first.split(' '));
      expect(won.code, won.stderr).toBe(0);
      const sessions = scene.sessions('vol-1');
      const comment = await scene.comment('vol-1');
      const before = changes(scene);
      held.letGo();
      const lost = await loser.ended;
      expect(lost.code, lost.stderr).toBe(4);
      expect(['CHANGED_MEANWHILE', 'STALE_STATE']).toContain(lost.error()['reason']);
      expect(await scene.comment('vol-1')).toBe(comment);
      expect(scene.sessions('vol-1')).toEqual(sessions);
      expect(changes(scene)).toBe(before);
      if (sessions.length === 0) return;
      for (const command of [
        'detach vol-1',
        late,
        'fence node-1 --yes',
        'fence node-2 --yes',
        'fence node-3 --yes',
      ]) {
        const again = await onSecond(scene, command);
        expect(scene.sessions('vol-1'), `${command}: ${again.stderr}`).toEqual(sessions);
        expect(await scene.comment('vol-1'), command).toBe(comment);
      }
    },
  );

  test('both at once, again and again: what one of them was told is true at the storage server', async () => {
    const scene = await openScene({ nodes: 3, volumes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('detach', 'vol-1');
    copyState(scene);
    for (const [one, other] of [
      ['attach vol-1 node-1', 'attach vol-1 node-2'],
      ['move vol-1 node-3', 'detach vol-1'],
      ['detach vol-1', 'move vol-1 node-1'],
      ['fence node-1 --yes', 'move vol-1 node-2'],
    ] as const) {
      const both = await Promise.all([scene.run(...one.split(' '), '-o', 'json'), onSecond(scene, other)]);
      for (const { code, stderr } of both) expect([0, 4], stderr).toContain(code);
      expect(both.some(({ code }) => code === 0)).toBe(true);
      expect(scene.sessions('vol-1').length).toBeLessThan(2);
    }
  });
});
