import type { Attachment } from '../attachment/attachment.ts';
import type { HostIdentity } from '../attachment/host-nqn.ts';
import { parseComment, type Tag } from '../attachment/tag.ts';
import type { VolumeId } from '../attachment/transitions.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { State } from '../state/state.ts';
import type { OperationContext } from './context.ts';
import type { Disk } from './ports/storage-server.ts';

/** What the storage server's tag says, after it was held against the state. */
export interface Claim {
  /** The user's own text in the comment. */
  readonly text: string;
  /** Our own tag, never newer than the state; null when there is none. */
  readonly tag: Tag | null;
}

/**
 * Holds a disk's tag against the state. A tag of another lineage, with a newer token than this state ever gave
 * out, or that names a node of which the state knows nothing, means that this state is not the one that counts:
 * a second admin host, a restored backup, one of two copies. (A claim is on disk before the tag names its node
 * and goes only when the tag names it no more, so that one state alone is never behind its own tags. Tokens
 * alone do not tell two copies apart: the one that lost a race took its token too.)
 * @param fencing a node that is to be cut off: it may be named where the state has lost its record
 * @throws RdsctlError FOREIGN_TAG, STALE_STATE
 */
export function checkTag(state: State, volume: VolumeId, disk: Disk, fencing: string | null = null): Claim {
  const { text, tag } = parseComment(disk.comment);
  const details = { volume: volume.key, rds: volume.rds, tag, lineage: state.lineage };
  if (tag === 'unreadable') {
    throw new RdsctlError('FOREIGN_TAG', {
      message: `the comment of ${volume.slot} on ${volume.rds} holds an rdsctl tag that can not be read`,
      now: 'Nothing was changed.',
      hints: [
        { when: 'See the comment:', run: `rdsctl show ${volume.key}` },
        {
          when: 'When it is known that nobody uses the volume, remove the tag on the storage server:',
          run: `/disk set [find where slot="${volume.slot}"] comment=""`,
        },
      ],
      details,
    });
  }
  if (tag === null) return { text, tag };
  if (tag.lineage !== state.lineage) {
    throw new RdsctlError('FOREIGN_TAG', {
      message: `${volume.slot} on ${volume.rds} is managed by another rdsctl state (lineage ${tag.lineage}, owner ${tag.owners.join(' and ') || 'nobody'}, token ${tag.token})`,
      now: `Nothing was changed. This state has lineage ${state.lineage || '(none yet)'}.`,
      hints: [
        {
          when: 'Use the state that manages it (on the other admin host, or):',
          run: 'rdsctl --state PATH …',
        },
        {
          when: 'If that state is lost, make it again from what is there:',
          run: `rdsctl state rebuild --lineage ${tag.lineage}`,
        },
      ],
      details,
    });
  }
  const known = state.tokens[volume.key] ?? 0;
  if (tag.token > known) {
    throw stale(
      `the storage server knows token ${tag.token} for ${volume.slot}, this state only ${known}: it is an old copy`,
      details,
    );
  }
  const holders = state.attachments[volume.key]?.holders.map(({ node }) => node) ?? [fencing];
  const strangers = tag.owners.filter((owner) => !holders.includes(owner));
  if (strangers.length > 0) {
    throw stale(
      `the storage server says that ${volume.slot} is with ${strangers.join(' and ')} (token ${tag.token}), of which this state knows nothing: another copy of it is in use`,
      details,
    );
  }
  return { text, tag };
}

function stale(message: string, details: Record<string, unknown>): RdsctlError {
  return new RdsctlError('STALE_STATE', {
    message,
    now: 'Nothing was changed.',
    hints: [
      { when: 'Use the newest state, or make it again from what is there:', run: 'rdsctl state rebuild' },
    ],
    details,
  });
}

/**
 * Whether an operation that was cut short may have ended the sessions of the volume and never proved that
 * nothing is in flight any more: its intent is open, and the storage server's tag names nobody.
 */
export function mayBeUndrained(present: Attachment | undefined, { tag }: Claim): boolean {
  return (present?.intent ?? null) !== null && tag?.owners.length === 0;
}

/**
 * Two nodes with one host NQN (or host ID) can't be fenced apart: the storage server lets both in and shows
 * them alike (lab i1).
 * @throws RdsctlError DUPLICATE_HOST_NQN
 */
export function refuseDuplicateIdentity(
  context: OperationContext,
  state: State,
  node: string,
  identity: HostIdentity,
): void {
  const others = new Set([...Object.keys(context.config.nodes), ...Object.keys(state.nodes)]);
  others.delete(node);
  for (const other of [...others].sort()) {
    const record = state.nodes[other];
    const configured = context.config.nodes[other];
    // A node that was taken out of the configuration counts only while it may still hold something.
    const inPlay =
      configured !== undefined ||
      record?.fenced != null ||
      Object.values(state.attachments).some(({ holders }) => holders.some((holder) => holder.node === other));
    if (!inPlay) continue;
    const sameNqn = [configured?.hostNqn, record?.hostNqn].includes(identity.hostNqn);
    const sameId = record?.hostId != null && record.hostId.toLowerCase() === identity.hostId.toLowerCase();
    if (!sameNqn && !sameId) continue;
    throw new RdsctlError('DUPLICATE_HOST_NQN', {
      message: `${node} and ${other} have the same ${sameNqn ? `host NQN (${identity.hostNqn})` : `host ID (${identity.hostId})`}: they can not be fenced apart`,
      now: 'Nothing was changed.',
      hints: [
        {
          when: `Give ${node} its own identity, on ${node} (no volume attached):`,
          run: 'nvme gen-hostnqn > /etc/nvme/hostnqn && sed "s/.*:uuid://" /etc/nvme/hostnqn > /etc/nvme/hostid',
        },
      ],
      details: { node, other, hostNqn: identity.hostNqn, hostId: identity.hostId },
    });
  }
}
