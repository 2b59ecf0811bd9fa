import { expect, test } from 'vitest';
import { openScene } from './scene.ts';

/** Slips at the prompt: a letter too few, the wrong order, a node where a volume belongs. Nothing is changed by any. */

test.each([
  // nearly right
  [['attach', 'vll-1', 'node-1'], 3, 'no volume vll-1 on rds1: did you mean vol-1?'],
  [['attach', 'vol-1', 'nod-1'], 3, 'names no node nod-1: did you mean node-1?'],
  [['attach', 'rds/vol-1', 'node-1'], 3, 'names no storage server rds: did you mean rds1?'],
  [['show', 'vll-1'], 3, 'did you mean vol-1?'],
  [['adopt', 'vll-1'], 3, 'did you mean vol-1?'],
  [['fence', 'nod-1', '--yes'], 3, 'did you mean node-1?'],
  [['fence', 'node-1', '--volume', 'vll-1', '--yes'], 3, 'did you mean vol-1?'],
  [['drain', 'nod-1'], 3, 'did you mean node-1?'],
  [['unfence', 'nod-1'], 3, 'did you mean node-1?'],
  [['nodes', 'nod-1'], 3, 'did you mean node-1?'],
  // another number is no slip
  [['attach', 'vol-9', 'node-1'], 3, 'no volume vol-9 on rds1\n'],
  // the wrong order
  [['attach', 'node-1', 'vol-1'], 3, 'rdsctl attach vol-1 node-1'],
  [['move', 'node-2', 'vol-1'], 3, 'rdsctl move vol-1 node-2'],
  [['detach', 'node-2', 'vol-1'], 3, 'rdsctl detach vol-1 node-2'],
  // one for the other
  [['show', 'node-2'], 3, 'no volume node-2 on rds1, but a node of that name'],
  [['show', 'node-2'], 3, 'rdsctl list --node node-2'],
  [['detach', 'node-2'], 3, 'rdsctl drain node-2'],
  [['fence', 'vol-1', '--yes'], 3, 'names no node vol-1, but there is a volume of that name'],
  [['unfence', 'vol-1'], 3, 'rdsctl show vol-1'],
  [['drain', 'vol-1'], 3, 'rdsctl show vol-1'],
] as const)('%j', async (argv, code, told) => {
  const scene = await openScene();
  await scene.done('attach', 'vol-1', 'node-2');
  const before = { events: scene.events().length, state: scene.stateBytes() };
  const outcome = await scene.run(...argv);
  expect(outcome.code, outcome.stderr).toBe(code);
  expect(outcome.stderr).toContain(told);
  expect(outcome.stderr).toContain('Nothing was changed.');
  expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
});

test('a volume that is called like a node is a volume', async () => {
  const scene = await openScene({ disks: [{ slot: 'node-2', sizeBytes: 1024 ** 3 }] });
  expect(await scene.run('detach', 'node-2')).toMatchObject({ code: 0 });
  expect(await scene.run('detach', 'vol-7')).toMatchObject({ code: 0 });
});
