import { describe, expect, it } from 'vitest';
import { makePlan, type Wish } from '../../../src/operations/apply/plan.ts';
import { anAttachment, anIntent, aState } from '../../fakes/world.ts';

const wish = (slot: string, node: string): Wish => ({
  volume: { key: `rds1/${slot}`, rds: 'rds1', slot },
  node,
});
const state = aState([
  anAttachment({ slot: 'vol-1' }),
  anAttachment({ slot: 'vol-2' }),
  anAttachment({ slot: 'vol-3', phase: 'fenced' }),
  anAttachment({ slot: 'vol-4', phase: 'detaching', intent: anIntent({ verb: 'detach' }) }),
]);
const brief = (wishes: readonly Wish[], prune = false): string[] =>
  makePlan(state, wishes, { prune }).changes.map(
    ({ action, slot, from, node }) => `${action} ${slot} ${from.join('+')} > ${node ?? ''}`,
  );

describe('the plan', () => {
  it('leaves alone what is where it is wished to be, and what nobody wishes for', () => {
    expect(makePlan(state, [wish('vol-1', 'node-1')], { prune: false })).toEqual({
      changes: [],
      unchanged: 1,
    });
  });

  it('attaches what nobody has, also what was fenced; moves what another has; finishes what was cut short', () => {
    expect(
      brief([
        wish('vol-9', 'node-1'),
        wish('vol-4', 'node-1'),
        wish('vol-3', 'node-1'),
        wish('vol-2', 'node-2'),
      ]),
    ).toEqual([
      'move vol-2 node-1 > node-2',
      'attach vol-3  > node-1',
      'attach vol-4 node-1 > node-1',
      'attach vol-9  > node-1',
    ]);
  });

  it('detaches the rest only with prune; what was fenced is attached nowhere', () => {
    expect(brief([wish('vol-1', 'node-1')], true)).toEqual([
      'detach vol-2 node-1 > ',
      'detach vol-4 node-1 > ',
    ]);
  });
});
