import { describe, expect, it } from 'vitest';

import {
  abandonAttach,
  beginAttach,
  beginRelease,
  completeAttach,
  completeDetach,
  completeFence,
  nextToken,
  tokenShown,
  type AttachClaim,
} from '../../src/attachment/transitions.ts';
import type { State, StateChange } from '../../src/state/state.ts';
import { hostId, hostNqn } from '../fakes/fake-node.ts';
import { emptyState } from '../fakes/memory-store.ts';
import { failure } from '../fakes/outcome.ts';
import { aState, anAttachment, anIntent, SINCE } from '../fakes/world.ts';

const KEY = 'rds1/vol-1';
const WORK = { now: '2026-11-20T15:00:00.000Z', by: 'ops@admin1', pid: 42 };
const claim = (node: string, over: Partial<AttachClaim> = {}): AttachClaim => ({
  volume: { key: KEY, rds: 'rds1', slot: 'vol-1' },
  node,
  identity: { hostNqn: hostNqn(node), hostId: hostId(node) },
  nqn: 'nqn.2000-02.com.mikrotik:vol-1',
  transport: { address: '10.77.0.1', port: 4420 },
  sizeBytes: 1024,
  sharedUntil: null,
  ...over,
});
const whole = (before: State, change: StateChange): State => ({ ...before, ...change });
const holder = (node: string) => ({ node, hostNqn: hostNqn(node), device: null, since: SINCE });
const shared = anAttachment({
  holders: [holder('node-1'), holder('node-2')],
  sharedUntil: '2026-11-20T16:00:00.000Z',
});
const fencedNode = (node: string) => ({
  [node]: {
    hostNqn: null,
    hostId: null,
    fenced: { since: SINCE, by: 'ops@admin1', reason: null, volumes: [] },
  },
});

describe('beginAttach', () => {
  it('claims a free volume, opens the intent and remembers who the node is', () => {
    const before = emptyState({ tokens: { [KEY]: 4 } });
    const after = beginAttach(before, claim('node-1'), WORK);
    expect(after.attachments[KEY]).toEqual({
      volume: KEY,
      rds: 'rds1',
      slot: 'vol-1',
      phase: 'attaching',
      holders: [{ node: 'node-1', hostNqn: hostNqn('node-1'), device: null, since: WORK.now }],
      nqn: 'nqn.2000-02.com.mikrotik:vol-1',
      transport: { address: '10.77.0.1', port: 4420 },
      sizeBytes: 1024,
      attachedAt: WORK.now,
      by: 'ops@admin1',
      sharedUntil: null,
      token: 5,
      intent: {
        verb: 'attach',
        node: 'node-1',
        hostNqn: hostNqn('node-1'),
        token: 5,
        since: WORK.now,
        by: WORK.by,
        pid: 42,
      },
    });
    expect(after.tokens).toEqual({ [KEY]: 5 });
    expect(after.nodes).toEqual({
      'node-1': { hostNqn: hostNqn('node-1'), hostId: hostId('node-1'), fenced: null },
    });
    expect(before).toEqual(emptyState({ tokens: { [KEY]: 4 } }));
  });

  it('takes a new token each time, also for the same node again', () => {
    const state = aState([anAttachment({ token: 7 })]);
    const after = beginAttach(state, claim('node-1'), WORK);
    expect(after.attachments[KEY]).toMatchObject({ token: 8, phase: 'attaching', attachedAt: SINCE });
    expect(after.tokens[KEY]).toBe(8);
    const again = beginAttach(whole(state, after), claim('node-1'), WORK);
    expect(again.attachments[KEY]).toMatchObject({ token: 9, intent: { token: 9 } });
  });

  it.each(['attaching', 'attached', 'detaching'] as const)(
    'refuses another node while it is %s',
    async (phase) => {
      const state = aState([anAttachment({ phase, intent: phase === 'attached' ? null : anIntent() })]);
      const error = await failure(() => beginAttach(state, claim('node-2'), WORK));
      expect(error).toMatchObject({ reason: 'ATTACHED_ELSEWHERE', exitCode: 4 });
    },
  );

  it('refuses any node while a fence is not finished, and says to finish it', async () => {
    const state = aState([anAttachment({ phase: 'fencing', intent: anIntent({ verb: 'fence' }) })]);
    for (const node of ['node-1', 'node-2']) {
      const error = await failure(() => beginAttach(state, claim(node), WORK));
      expect(error.reason).toBe('OPEN_INTENT');
      expect(error.hints[0]?.run).toBe('rdsctl fence node-1');
    }
  });

  it('refuses a fenced node, even for a volume that is its own', async () => {
    for (const attachments of [[], [anAttachment()]]) {
      const state = aState(attachments, { nodes: fencedNode('node-1') });
      expect((await failure(() => beginAttach(state, claim('node-1'), WORK))).reason).toBe('NODE_FENCED');
    }
  });

  it('gives a volume that was fenced off its node to another, as new', () => {
    const state = aState([anAttachment({ phase: 'fenced', token: 9 })], { nodes: fencedNode('node-1') });
    const after = beginAttach(state, claim('node-2'), WORK);
    expect(after.attachments[KEY]).toMatchObject({
      holders: [{ node: 'node-2' }],
      token: 10,
      attachedAt: WORK.now,
      phase: 'attaching',
    });
    expect(after.nodes['node-1']?.fenced).not.toBeNull();
  });

  describe('shared', () => {
    const until = '2026-11-20T15:05:00.000Z';

    it('admits a second node beside the owner', () => {
      const after = beginAttach(aState([anAttachment()]), claim('node-2', { sharedUntil: until }), WORK);
      expect(after.attachments[KEY]).toMatchObject({
        holders: [{ node: 'node-1' }, { node: 'node-2', device: null }],
        sharedUntil: until,
        intent: { verb: 'share', node: 'node-2' },
        token: 6,
        attachedAt: SINCE,
      });
    });

    it('never admits a third, nor forgets the second for it', async () => {
      const error = await failure(() =>
        beginAttach(aState([shared]), claim('node-3', { sharedUntil: until }), WORK),
      );
      expect(error.code).toBe('CONFLICT');
    });

    it('does not admit one while the owner is not settled', async () => {
      const state = aState([anAttachment({ phase: 'attaching', intent: anIntent() })]);
      const error = await failure(() => beginAttach(state, claim('node-2', { sharedUntil: until }), WORK));
      expect(error.reason).toBe('ATTACHED_ELSEWHERE');
    });

    it('keeps both when one of them attaches again', () => {
      const after = beginAttach(aState([shared]), claim('node-2'), WORK);
      expect(after.attachments[KEY]?.holders.map(({ node }) => node)).toEqual(['node-1', 'node-2']);
      expect(after.attachments[KEY]?.sharedUntil).toBe(shared.sharedUntil);
    });
  });
});

describe('completions', () => {
  const claimed = whole(emptyState(), beginAttach(emptyState(), claim('node-1'), WORK));
  const done = { key: KEY, token: 1, node: 'node-1' };

  it('completeAttach notes the device and closes the intent', () => {
    const after = completeAttach(claimed, { ...done, device: '/dev/nvme3n1' });
    expect(after.attachments[KEY]).toMatchObject({
      phase: 'attached',
      intent: null,
      token: 1,
      holders: [{ node: 'node-1', device: '/dev/nvme3n1' }],
    });
  });

  it.each([
    [
      'completeAttach',
      (state: State, token: number) => completeAttach(state, { ...done, token, device: '/dev/x' }),
    ],
    ['completeDetach', (state: State, token: number) => completeDetach(state, { ...done, token })],
    ['completeFence', (state: State, token: number) => completeFence(state, { ...done, token })],
    ['abandonAttach', (state: State, token: number) => abandonAttach(state, { ...done, token })],
  ] as const)(
    '%s by a token that is not the open one changes nothing: LOST_LOCK',
    async (_name, complete) => {
      for (const [state, token] of [
        [claimed, 0],
        [claimed, 2],
        [whole(claimed, completeAttach(claimed, { ...done, device: '/dev/x' })), 1],
        [emptyState(), 1],
      ] as const) {
        const error = await failure(() => complete(state, token));
        expect(error).toMatchObject({ reason: 'LOST_LOCK', exitCode: 4 });
        expect(error.now).toContain('left as the other command wrote it');
      }
      expect(() => complete(claimed, 1)).not.toThrow();
    },
  );

  it('completeDetach forgets the volume but not its token', () => {
    const opened = whole(claimed, beginRelease(claimed, KEY, 'node-1', 'detach', WORK));
    expect(opened.attachments[KEY]).toMatchObject({
      phase: 'detaching',
      token: 2,
      intent: { verb: 'detach', node: 'node-1', hostNqn: hostNqn('node-1') },
    });
    const after = completeDetach(opened, { ...done, token: 2 });
    expect(after.attachments).toEqual({});
    expect(after.tokens).toEqual({ [KEY]: 2 });
  });

  it('completeDetach of one of two leaves the other, alone and not shared any more', () => {
    const opened = whole(aState([shared]), beginRelease(aState([shared]), KEY, 'node-1', 'detach', WORK));
    const after = completeDetach(opened, { ...done, token: 6 });
    expect(after.attachments[KEY]).toMatchObject({
      phase: 'attached',
      holders: [{ node: 'node-2' }],
      sharedUntil: null,
      intent: null,
    });
    expect(after.attachments[KEY]?.holders).toHaveLength(1);
  });

  it('completeFence keeps the volume listed as fenced off its only holder', () => {
    const state = aState([anAttachment()]);
    const opened = whole(state, beginRelease(state, KEY, 'node-1', 'fence', WORK));
    expect(opened.attachments[KEY]?.phase).toBe('fencing');
    const after = completeFence(opened, { ...done, token: 6 });
    expect(after.attachments[KEY]).toMatchObject({
      phase: 'fenced',
      holders: [{ node: 'node-1' }],
      intent: null,
    });
  });

  it('completeFence of one of two leaves the other attached', () => {
    const opened = whole(aState([shared]), beginRelease(aState([shared]), KEY, 'node-1', 'fence', WORK));
    const after = completeFence(opened, { ...done, token: 6 });
    expect(after.attachments[KEY]).toMatchObject({ phase: 'attached', sharedUntil: null });
    expect(after.attachments[KEY]?.holders.map(({ node }) => node)).toEqual(['node-2']);
  });
});

describe('a token for a change that moves the volume to nobody else', () => {
  const state = aState([anAttachment({ token: 5 })]);

  it('is given out first, and stands in the record when it was read back', () => {
    const before = whole(state, nextToken(state, KEY, 5));
    expect(before).toMatchObject({ tokens: { [KEY]: 6 }, attachments: { [KEY]: { token: 5 } } });
    const after = whole(before, tokenShown(before, KEY, 6));
    expect(after).toEqual({ ...before, attachments: { [KEY]: anAttachment({ token: 6 }) } });
  });

  it('is not had by two, nor while something is open', () => {
    expect(() => nextToken(state, KEY, 4)).toThrow();
    expect(() => nextToken(aState([anAttachment({ intent: anIntent() })]), KEY, 5)).toThrow();
  });

  it.each([
    ['was never given out', state, 6],
    ['is an older one', state, 4],
    [
      'is not that of what is under way',
      aState([anAttachment({ intent: anIntent() })], { tokens: { [KEY]: 6 } }),
      6,
    ],
    ['is of no volume', aState([], { tokens: { [KEY]: 6 } }), 6],
  ])('that %s changes no record', (_what, current, token) => {
    expect(tokenShown(current, KEY, token)).toEqual(current);
  });
});

describe('beginRelease', () => {
  it('grows the token each time it is begun again', () => {
    const state = aState([anAttachment()]);
    const once = whole(state, beginRelease(state, KEY, 'node-1', 'detach', WORK));
    const twice = beginRelease(once, KEY, 'node-1', 'fence', WORK);
    expect(twice.attachments[KEY]).toMatchObject({ token: 7, phase: 'fencing', intent: { token: 7 } });
  });

  it('fails when somebody else untracked the volume meanwhile', async () => {
    const error = await failure(() => beginRelease(emptyState(), KEY, 'node-1', 'detach', WORK));
    expect(error.reason).toBe('LOST_LOCK');
  });

  it('fails when somebody else gave the volume to another node meanwhile', async () => {
    const state = aState([anAttachment({ holders: [holder('node-2')] })]);
    const error = await failure(() => beginRelease(state, KEY, 'node-1', 'detach', WORK));
    expect(error.reason).toBe('LOST_LOCK');
  });
});
