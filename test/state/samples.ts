import type { Attachment } from '../../src/attachment/attachment.ts';
import type { NodeRecord, StateChange } from '../../src/state/state.ts';

/** An attachment with every field set. */
export function sampleAttachment(slot: string, more: Partial<Attachment> = {}): Attachment {
  return {
    volume: `rds1/${slot}`,
    rds: 'rds1',
    slot,
    phase: 'attached',
    holders: [
      {
        node: 'node-1',
        hostNqn: 'nqn.2014-08.org.nvmexpress:uuid:8c5f1f0a-0000-4000-8000-000000000001',
        device: '/dev/nvme1n1',
        since: '2026-11-20T14:03:00.000Z',
      },
    ],
    nqn: `nqn.2000-02.com.mikrotik:${slot}`,
    transport: { address: '10.77.0.1', port: 4420 },
    sizeBytes: 10_737_418_240,
    attachedAt: '2026-11-20T14:03:00.000Z',
    by: 'ops@admin1',
    sharedUntil: null,
    token: 3,
    intent: null,
    ...more,
  };
}

export const SAMPLE_NODE: NodeRecord = {
  hostNqn: 'nqn.2014-08.org.nvmexpress:uuid:8c5f1f0a-0000-4000-8000-000000000001',
  hostId: '8c5f1f0a-0000-4000-8000-000000000001',
  fenced: {
    since: '2026-11-20T14:03:00.000Z',
    by: 'ops@admin1',
    reason: 'power lost',
    volumes: ['rds1/vol-2'],
  },
};

/** A body with one of everything. */
export function sampleBody(): StateChange {
  const open = sampleAttachment('vol-2', {
    phase: 'attaching',
    nqn: null,
    transport: null,
    sizeBytes: null,
    sharedUntil: '2026-11-20T15:00:00.000Z',
    intent: {
      verb: 'attach',
      node: 'node-1',
      hostNqn: null,
      token: 3,
      since: '2026-11-20T14:03:00.000Z',
      by: 'ops@admin1',
      pid: 4711,
    },
  });
  const first = sampleAttachment('vol-1');
  return {
    attachments: { [first.volume]: first, [open.volume]: open },
    tokens: { 'rds1/vol-1': 3, 'rds1/vol-2': 3, 'rds1/vol-gone': 9 },
    nodes: { 'node-1': SAMPLE_NODE, 'node-2': { hostNqn: null, hostId: null, fenced: null } },
  };
}
