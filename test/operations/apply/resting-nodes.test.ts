import { expect, it } from 'vitest';
import { applyPlan } from '../../../src/operations/apply/apply.ts';
import { makePlan } from '../../../src/operations/apply/plan.ts';
import { unreachable } from '../../fakes/fake-node.ts';
import { aDisk } from '../../fakes/fake-server.ts';
import { aConfig, anAttachment, aState, granted, makeWorld } from '../../fakes/world.ts';

it('a node is disconnected when the last change that has to do with it has ended, and not before', async () => {
  const state = aState([anAttachment({ slot: 'vol-1' })]);
  const { context, log, node } = makeWorld({
    disks: [granted('node-1'), aDisk({ slot: 'vol-2', nqn: 'nqn.2000-02.com.mikrotik:vol-2' })],
    state,
  });
  node('node-3').error = unreachable('node-3');
  const wish = (slot: string, to: string) => ({
    volume: { key: `rds1/${slot}`, rds: 'rds1', slot },
    node: to,
  });
  // node-1 gives vol-1 up and takes vol-2; node-3 can't be reached.
  const plan = makePlan(state, [wish('vol-1', 'node-3'), wish('vol-2', 'node-1')], { prune: false });
  await applyPlan(context, plan, () => true);
  for (const name of ['node-1', 'node-3']) {
    const its = log.filter((entry) => entry.startsWith(`${name} `));
    expect(its.length, name).toBeGreaterThan(1);
    expect(its.filter((entry) => entry === `${name} rest`)).toHaveLength(1);
    expect(its.at(-1)).toBe(`${name} rest`);
  }
  expect(log).not.toContain('node-2 rest');
});

it('many nodes: no more of them are connected at once than are worked on, whatever the volumes are called', async () => {
  const COUNT = 100;
  const names = Array.from({ length: COUNT }, (_, index) => `node-${index + 1}`);
  // Two volumes each, the second one a hundred names after the first.
  const slots = Array.from({ length: 2 * COUNT }, (_, index) => `vol-${String(index).padStart(3, '0')}`);
  const { context, log } = makeWorld({
    config: aConfig({}, ['rds1'], names),
    disks: slots.map((slot) => aDisk({ slot, nqn: `nqn.2000-02.com.mikrotik:${slot}` })),
  });
  const wishes = slots.map((slot, index) => ({
    volume: { key: `rds1/${slot}`, rds: 'rds1', slot },
    node: names[index % COUNT] ?? '',
  }));
  const plan = makePlan(aState([]), wishes, { prune: false });
  const { applied, failure } = await applyPlan(context, plan, () => true);
  expect(failure).toBeNull();
  expect(applied.map(({ change }) => change.slot)).toEqual(slots);
  const connected = new Set<string>();
  let most = 0;
  for (const entry of log) {
    const [, node, what] = /^(node-\d+) (.*)$/.exec(entry) ?? [];
    if (node === undefined) continue;
    if (what === 'rest') connected.delete(node);
    else connected.add(node);
    most = Math.max(most, connected.size);
  }
  expect(connected.size).toBe(0);
  expect(most).toBeLessThanOrEqual(64);
});
