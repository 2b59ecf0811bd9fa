import { describe, expect, it } from 'vitest';

import { standingOfTag } from '../../src/attachment/tag-standing.ts';
import { parseComment } from '../../src/attachment/tag.ts';
import { anAttachment, anIntent, aState, tagged } from '../fakes/world.ts';

const KEY = 'rds1/vol-1';
const [first] = anAttachment().holders;
const shared = anAttachment({ holders: [first, { ...first, node: 'node-2' }] });
const intent = anIntent({ token: 5 });

describe('a tag, held against a state', () => {
  it.each([
    ['none', aState([anAttachment()]), 'text'],
    ['unreadable', aState([anAttachment()]), '[rdsctl x]'],
    ['foreign', aState([anAttachment()]), tagged(['node-1'], 5, '', '00000000-1111-4222-8333-444444444444')],
    ['newer', aState([anAttachment()]), tagged(['node-1'], 6)],
    ['newer', aState([]), tagged([], 1)],
    ['nobody', aState([anAttachment()]), tagged([], 5)],
    ['nobody', aState([], { tokens: { [KEY]: 5 } }), tagged([], 5)],
    ['other', aState([anAttachment()]), tagged(['node-1', 'node-2'], 5)],
    ['other', aState([], { tokens: { [KEY]: 5 } }), tagged(['node-1'], 5)],
    ['part', aState([shared]), tagged(['node-1'], 5)],
    ['owner', aState([shared]), tagged(['node-2', 'node-1'], 5)],
    ['owner', aState([anAttachment()]), tagged(['node-1'], 5)],
    ['owner', aState([anAttachment()], { tokens: { [KEY]: 6 } }), tagged(['node-1'], 6)],
    ['older', aState([anAttachment()]), tagged(['node-1'], 4)],
    ['owner', aState([anAttachment({ phase: 'detaching', intent })]), tagged(['node-1'], 4)],
    ['owner', aState([anAttachment({ phase: 'fenced' })]), tagged(['node-1'], 5)],
  ] as const)('is %s', (standing, state, comment) => {
    expect(standingOfTag(state, KEY, parseComment(comment).tag)).toBe(standing);
  });
});
