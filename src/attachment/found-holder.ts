import type { State } from '../state/state.ts';
import type { Attachment, Holder, Transport } from './attachment.ts';
import type { VolumeId, Work } from './transitions.ts';

/** A node that a storage server lets in to a volume, of which the state does not know. */
export interface FoundHolder {
  readonly volume: VolumeId;
  readonly node: string;
  /** Null when it is not known. */
  readonly hostNqn: string | null;
  readonly nqn: string;
  readonly transport: Transport;
  readonly sizeBytes: number | null;
}

/**
 * Enters the node as one that may have the volume, beside those that the state has it for: for a fence, which
 * opens its intent in the same commit. Should it be cut short, the record keeps the volume from being granted
 * before it is proved that nothing of that node is in flight.
 */
export function enterFound(state: State, found: FoundHolder, work: Work): State {
  const { volume, node, hostNqn } = found;
  const holder: Holder = { node, hostNqn, device: null, since: work.now };
  const present = state.attachments[volume.key];
  const attachment: Attachment =
    present !== undefined && present.phase !== 'fenced'
      ? { ...present, holders: [...present.holders, holder] }
      : {
          volume: volume.key,
          rds: volume.rds,
          slot: volume.slot,
          phase: 'fencing',
          holders: [holder],
          nqn: found.nqn,
          transport: found.transport,
          sizeBytes: found.sizeBytes,
          attachedAt: work.now,
          by: work.by,
          sharedUntil: null,
          token: state.tokens[volume.key] ?? 0,
          intent: null,
        };
  return { ...state, attachments: { ...state.attachments, [volume.key]: attachment } };
}
