import { FENCE, nothing, repaired, reported, type Rule } from './rule.ts';

const HELD = [
  'attached',
  'attaching',
  'reattaching',
  'sharing',
  'shared',
  'shared-over',
  'detaching',
] as const;

/** A fence was begun, or its node was cut off. */
export const FENCES: readonly Rule[] = [
  repaired('open-fence', 'a fence of {node} was begun and not finished', 'fence', FENCE, {
    state: ['fencing'],
  }),
  repaired('open-fence', '{node} is marked as fenced, but was not cut off yet', 'fence', FENCE, {
    state: [...HELD],
    fenced: ['cut'],
  }),
  reported('fenced-holder', '{node} is fenced, but a fence of other volumes left it {volume}', FENCE, {
    state: [...HELD],
    fenced: ['left'],
  }),
  nothing('cut off, and still so', { state: ['fenced'], tag: ['none', 'nobody'], export: ['off'] }),
  repaired('leftover-tag', '{node} was cut off, but the tag names a node', 'withdraw', FENCE, {
    state: ['fenced'],
    export: ['off'],
  }),
  repaired(
    'fenced-export',
    '{node} was cut off, but the export is on, with nobody admitted',
    'fence',
    FENCE,
    {
      state: ['fenced'],
      export: ['nobody'],
      others: ['none', 'unseen'],
    },
  ),
  reported('fenced-export', '{node} was cut off from {volume}, but it is exported again', FENCE, {
    state: ['fenced'],
  }),
];
