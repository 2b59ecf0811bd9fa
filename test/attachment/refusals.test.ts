import { describe, expect, it } from 'vitest';

import { attachedElsewhere, minute, nodeFenced, unfinished } from '../../src/attachment/refusals.ts';
import { anAttachment, anIntent } from '../fakes/world.ts';

describe('the words of refusals', () => {
  it('a volume that is attached elsewhere: by whom, since when, how to move it, what if the node is dead', () => {
    const error = attachedElsewhere(anAttachment(), 'node-3');
    expect(error.reason).toBe('ATTACHED_ELSEWHERE');
    expect(error.exitCode).toBe(4);
    expect(error.message).toBe('vol-1 is attached to node-1 since 2026-11-20 14:00Z (by ops@admin1)');
    expect(error.now).toBe('Nothing was changed.');
    expect(error.hints).toEqual([
      { when: 'To move it:', run: 'rdsctl move vol-1 node-3' },
      { when: 'If node-1 is dead, cut it off first:', run: 'rdsctl fence node-1' },
    ]);
    expect(error.details).toMatchObject({
      volume: 'rds1/vol-1',
      node: 'node-3',
      owner: 'node-1',
      holders: ['node-1'],
      phase: 'attached',
    });
  });

  it('names both nodes of a shared volume', () => {
    const [first] = anAttachment().holders;
    const error = attachedElsewhere(
      anAttachment({ holders: [first, { ...first, node: 'node-2' }] }),
      'node-3',
    );
    expect(error.message).toContain('attached to node-1 and node-2 since');
    expect(error.details['holders']).toEqual(['node-1', 'node-2']);
  });

  it('an operation that was not finished: what, by whom, how to undo it', () => {
    const present = anAttachment({
      phase: 'attaching',
      intent: anIntent({ since: '2026-11-21T08:09:10.000Z', by: 'bo@admin2' }),
    });
    const error = attachedElsewhere(present, 'node-3');
    expect(error.message).toBe(
      'vol-1 is attaching on node-1 since 2026-11-21 08:09Z (by bo@admin2), and that was not finished',
    );
    expect(error.hints[0]).toEqual({ when: 'To undo what was begun:', run: 'rdsctl detach vol-1' });
  });

  it('does not send an operator to detach while a fence is open: detach would refuse', () => {
    const present = anAttachment({ phase: 'fencing', intent: anIntent({ verb: 'fence' }) });
    expect(attachedElsewhere(present, 'node-3').hints.map(({ run }) => run)).toEqual(['rdsctl fence node-1']);
  });

  it('a fenced node: since when, by whom, why, how to lift it', () => {
    const mark = { since: '2026-11-20T14:03:59.000Z', by: 'ops@admin1', reason: 'smoke', volumes: [] };
    const error = nodeFenced('node-1', mark);
    expect(error).toMatchObject({
      reason: 'NODE_FENCED',
      exitCode: 4,
      message: 'node-1 is fenced since 2026-11-20 14:03Z (by ops@admin1: smoke)',
      now: 'Nothing was changed.',
    });
    expect(error.hints[0]?.run).toBe('rdsctl unfence node-1');
    expect(nodeFenced('node-1', { ...mark, reason: null }).message).toMatch(/\(by ops@admin1\)$/);
  });

  it('a fence that was not finished: the node must be taken for connected', () => {
    const error = unfinished(
      anAttachment({ phase: 'fencing', intent: anIntent({ verb: 'fence', node: 'node-2' }) }),
    );
    expect(error).toMatchObject({ reason: 'OPEN_INTENT', exitCode: 4 });
    expect(error.message).toContain('a fence of node-2 was begun on vol-1');
    expect(error.now).toContain('Treat node-2 as still connected.');
    expect(error.hints[0]?.run).toBe('rdsctl fence node-2');
  });

  it('tells times to the minute, and that they are UTC', () => {
    expect(minute('2026-01-02T03:04:05.678Z')).toBe('2026-01-02 03:04Z');
  });
});
