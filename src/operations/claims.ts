import type { Attachment } from '../attachment/attachment.ts';
import { standingOfTag, strangersOf } from '../attachment/tag-standing.ts';
import { parseComment, type Tag } from '../attachment/tag.ts';
import type { VolumeId } from '../attachment/transitions.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { State } from '../state/state.ts';
import type { Disk } from './ports/storage-server.ts';

/** What the storage server's tag says, after it was held against the state. */
export interface Claim {
  /** The user's own text in the comment. */
  readonly text: string;
  /** Our own tag, never newer than the state; null when there is none. */
  readonly tag: Tag | null;
}

/**
 * Holds a disk's tag against the state: see {@link standingOfTag}.
 * @param fencing a node that is to be cut off: it may be named where the state has lost its record
 * @throws RdsctlError FOREIGN_TAG, STALE_STATE
 */
export function checkTag(state: State, volume: VolumeId, disk: Disk, fencing: string | null = null): Claim {
  const { text, tag } = parseComment(disk.comment);
  const stand = standingOfTag(state, volume.key, tag);
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
  if (stand === 'foreign') {
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
  if (stand === 'newer') {
    throw stale(
      `the storage server knows token ${tag.token} for ${volume.slot}, this state only ${state.tokens[volume.key] ?? 0}: it is an old copy`,
      details,
    );
  }
  const isLost = state.attachments[volume.key] === undefined;
  const strangers = strangersOf(state, volume.key, tag).filter((owner) => !isLost || owner !== fencing);
  if (stand === 'other' && strangers.length > 0) {
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
