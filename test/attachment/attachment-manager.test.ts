import { describe, expect, it } from 'vitest';

import { AttachmentManager, type TrackRequest } from '../../src/attachment/attachment-manager.ts';
import { markFenced } from '../../src/attachment/transitions.ts';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { emptyState, MemoryStore } from '../fakes/memory-store.ts';
import { failure } from '../fakes/outcome.ts';
import { aState, anAttachment } from '../fakes/world.ts';

const WORK = { now: '2026-11-20T15:00:00.000Z', by: 'ops@admin1', pid: 42 };
const request = (node: string, slot = 'vol-1', over: Partial<TrackRequest> = {}): TrackRequest => ({
  volume: { key: `rds1/${slot}`, rds: 'rds1', slot },
  node,
  ...over,
});

/** Changes everything in a value that was handed out. */
function scribble(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    scribble(inner);
    (value as Record<string, unknown>)[key] = 'scribbled';
  }
}

describe('AttachmentManager', () => {
  it('tracks, gets, lists and untracks', async () => {
    const manager = new AttachmentManager(new MemoryStore());
    const tracked = await manager.trackAttachment(
      request('node-1', 'vol-2', {
        hostNqn: 'nqn.2014-08.com.example:a',
        device: '/dev/nvme0n1',
        nqn: 'n',
        transport: { address: '10.77.0.1', port: 4420 },
        sizeBytes: 5,
      }),
      WORK,
    );
    expect(tracked).toMatchObject({
      volume: 'rds1/vol-2',
      phase: 'attached',
      token: 1,
      attachedAt: WORK.now,
      intent: null,
      holders: [{ node: 'node-1', device: '/dev/nvme0n1', hostNqn: 'nqn.2014-08.com.example:a' }],
      nqn: 'n',
      sizeBytes: 5,
    });
    await manager.trackAttachment(request('node-2', 'vol-1'), WORK);
    expect((await manager.listAttachments()).map(({ volume }) => volume)).toEqual([
      'rds1/vol-1',
      'rds1/vol-2',
    ]);
    expect(await manager.getAttachment('rds1/vol-2')).toEqual(tracked);
    expect(await manager.untrackAttachment('rds1/vol-2')).toBe(true);
    expect(await manager.getAttachment('rds1/vol-2')).toBeNull();
  });

  it('tracking for the same node again is success and changes nothing', async () => {
    const store = new MemoryStore();
    const manager = new AttachmentManager(store);
    const first = await manager.trackAttachment(request('node-1'), WORK);
    const again = await manager.trackAttachment(request('node-1', 'vol-1', { device: '/dev/other' }), {
      ...WORK,
      now: '2027-01-01T00:00:00.000Z',
    });
    expect(again).toEqual(first);
    expect(store.commits).toHaveLength(1);
  });

  it('untracking what is not tracked is success and commits nothing', async () => {
    const store = new MemoryStore();
    const manager = new AttachmentManager(store);
    expect(await manager.untrackAttachment('rds1/vol-1')).toBe(false);
    expect(await manager.untrackAttachment('constructor')).toBe(false);
    expect(store.commits).toHaveLength(0);
  });

  it('grows the token over a volume that was untracked and tracked again', async () => {
    const manager = new AttachmentManager(new MemoryStore());
    await manager.trackAttachment(request('node-1'), WORK);
    await manager.untrackAttachment('rds1/vol-1');
    expect((await manager.trackAttachment(request('node-2'), WORK)).token).toBe(2);
  });

  it('refuses a second node, a fenced node, and keeps what was', async () => {
    const store = new MemoryStore();
    const manager = new AttachmentManager(store);
    await manager.trackAttachment(request('node-1'), WORK);
    expect((await failure(manager.trackAttachment(request('node-2'), WORK))).reason).toBe(
      'ATTACHED_ELSEWHERE',
    );
    await manager.change((state) => markFenced(state, 'node-3', null, WORK));
    expect((await failure(manager.trackAttachment(request('node-3', 'vol-9'), WORK))).reason).toBe(
      'NODE_FENCED',
    );
    expect((await manager.listAttachments()).map(({ holders }) => holders[0].node)).toEqual(['node-1']);
  });

  it('takes a volume that was fenced off another node', async () => {
    const manager = new AttachmentManager(new MemoryStore(aState([anAttachment({ phase: 'fenced' })])));
    expect(await manager.trackAttachment(request('node-2'), WORK)).toMatchObject({
      token: 6,
      phase: 'attached',
      holders: [{ node: 'node-2' }],
    });
  });

  it('of many at once exactly one node gets the volume', async () => {
    const manager = new AttachmentManager(new MemoryStore());
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((node) => manager.trackAttachment(request(node), WORK)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('hands out copies: changing them changes nothing that is remembered', async () => {
    const store = new MemoryStore();
    const manager = new AttachmentManager(store);
    await manager.trackAttachment(request('node-1'), WORK);
    const before = structuredClone(store.state);
    scribble(await manager.trackAttachment(request('node-1'), WORK));
    scribble(await manager.getAttachment('rds1/vol-1'));
    scribble(await manager.listAttachments());
    expect(store.state).toEqual(before);
  });

  it('hands out whole states frozen', async () => {
    const manager = new AttachmentManager(new MemoryStore());
    await manager.trackAttachment(request('node-1'), WORK);
    for (const state of [
      await manager.state(),
      await manager.change((now) => markFenced(now, 'node-9', null, WORK)),
    ])
      expect(() => scribble(state)).toThrow(TypeError);
    expect((await manager.state()).nodes['node-9']?.fenced?.since).toBe(WORK.now);
  });

  it('keeps no hold on what was handed in', async () => {
    const manager = new AttachmentManager(new MemoryStore());
    const transport = { address: '10.77.0.1', port: 4420 };
    await manager.trackAttachment(request('node-1', 'vol-1', { transport }), WORK);
    transport.port = 1;
    expect((await manager.getAttachment('rds1/vol-1'))?.transport?.port).toBe(4420);
  });

  it('does not find what every object has', async () => {
    const manager = new AttachmentManager(new MemoryStore(emptyState()));
    expect(await manager.getAttachment('constructor')).toBeNull();
    expect(await manager.getAttachment('__proto__')).toBeNull();
  });

  it('passes on what the store throws, and keeps the state as it was', async () => {
    const store = new MemoryStore();
    const manager = new AttachmentManager(store);
    store.beforeCommit = () => {
      throw new RdsctlError('STATE_UNWRITABLE', { message: 'no space left on device' });
    };
    expect((await failure(manager.trackAttachment(request('node-1'), WORK))).reason).toBe('STATE_UNWRITABLE');
    expect(await manager.getAttachment('rds1/vol-1')).toBeNull();
    expect(manager.location).toBe('memory');
  });
});
