import { describe, expect, it } from 'vitest';

import { addFencedVolumes, holds, liftFence, markFenced, untrack } from '../../src/attachment/transitions.ts';
import { emptyState } from '../fakes/memory-store.ts';
import { aState, anAttachment } from '../fakes/world.ts';

const WORK = { now: '2026-11-20T15:00:00.000Z', by: 'ops@admin1', pid: 42 };
const whole = { ...emptyState() };

describe('markFenced', () => {
  it('marks the node with what it holds, in sorted order, and keeps who it is', () => {
    const state = aState([anAttachment({ slot: 'vol-2' }), anAttachment({ slot: 'vol-1' })], {
      nodes: { 'node-1': { hostNqn: 'nqn.2014-08.com.example:a', hostId: 'b', fenced: null } },
    });
    const after = markFenced(state, 'node-1', 'smoke', WORK);
    expect(after.nodes['node-1']).toEqual({
      hostNqn: 'nqn.2014-08.com.example:a',
      hostId: 'b',
      fenced: { since: WORK.now, by: WORK.by, reason: 'smoke', volumes: ['rds1/vol-1', 'rds1/vol-2'] },
    });
    expect(after.attachments).toEqual(state.attachments);
    expect(after.tokens).toEqual(state.tokens);
  });

  it('marks a node that was never seen', () => {
    expect(markFenced(whole, 'node-9', null, WORK).nodes['node-9']).toEqual({
      hostNqn: null,
      hostId: null,
      fenced: { since: WORK.now, by: WORK.by, reason: null, volumes: [] },
    });
  });

  it('leaves an earlier mark as it is', () => {
    const once = { ...whole, ...markFenced(whole, 'node-1', 'first', WORK) };
    expect(markFenced(once, 'node-1', 'second', { ...WORK, now: '2027-01-01T00:00:00.000Z' })).toBe(once);
  });
});

describe('addFencedVolumes', () => {
  const marked = { ...whole, ...markFenced(whole, 'node-1', null, WORK) };

  it('adds each volume once, sorted', () => {
    const after = { ...marked, ...addFencedVolumes(marked, 'node-1', ['rds1/b', 'rds1/a', 'rds1/b']) };
    expect(after.nodes['node-1']?.fenced?.volumes).toEqual(['rds1/a', 'rds1/b']);
    expect(addFencedVolumes(after, 'node-1', ['rds1/a'])).toBe(after);
  });

  it('does nothing for a node that is not fenced', () => {
    expect(addFencedVolumes(whole, 'node-1', ['rds1/a'])).toBe(whole);
  });
});

describe('liftFence', () => {
  it('lifts the mark and forgets the volumes that were fenced off the node, no others', () => {
    const state = aState([
      anAttachment({ slot: 'vol-1', phase: 'fenced' }),
      anAttachment({ slot: 'vol-2', phase: 'fencing' }),
      anAttachment({
        slot: 'vol-3',
        phase: 'fenced',
        holders: [{ node: 'node-2', hostNqn: null, device: null, since: '' }],
      }),
    ]);
    const marked = { ...state, ...markFenced(state, 'node-1', null, WORK) };
    const after = liftFence(marked, 'node-1');
    expect(Object.keys(after.attachments)).toEqual(['rds1/vol-2', 'rds1/vol-3']);
    expect(after.nodes['node-1']?.fenced).toBeNull();
    expect(after.tokens).toEqual(state.tokens);
  });

  it('changes nothing when there is no mark', () => {
    expect(liftFence(whole, 'node-1')).toBe(whole);
  });
});

describe('untrack and holds', () => {
  it('forgets the attachment, keeps the token, and does nothing twice', () => {
    const state = aState([anAttachment()]);
    const after = { ...state, ...untrack(state, 'rds1/vol-1') };
    expect(after.attachments).toEqual({});
    expect(after.tokens).toEqual({ 'rds1/vol-1': 5 });
    expect(untrack(after, 'rds1/vol-1')).toBe(after);
  });

  it('does not take what every object has for an attachment', () => {
    expect(untrack(whole, 'constructor')).toBe(whole);
  });

  it('compares node names whole', () => {
    expect(holds(anAttachment(), 'node-1')).toBe(true);
    expect(holds(anAttachment(), 'node-')).toBe(false);
    expect(holds(anAttachment(), 'node-11')).toBe(false);
  });
});
