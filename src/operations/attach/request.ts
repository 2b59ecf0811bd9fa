import type { Attachment } from '../../attachment/attachment.ts';
import type { VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';

export interface AttachRequest {
  readonly volume: string;
  readonly node: string;
  /** Admit the node beside the present owner, for this many milliseconds. */
  readonly shared: { readonly handoffMs: number } | null;
  /** Take an untracked export although some node could not be asked. */
  readonly takeOver: boolean;
}

export interface AttachResult {
  readonly attachment: Attachment;
  readonly node: string;
  /** The block device on the node, read back just now. */
  readonly device: string;
  readonly changed: boolean;
}

/** The volume's attachment in a state that was just written with it. */
export function attachmentIn(state: State, volume: VolumeId): Attachment {
  const attachment = state.attachments[volume.key];
  if (attachment === undefined) {
    throw new RdsctlError('INTERNAL', { message: `${volume.key} is not in the state it was written to` });
  }
  return attachment;
}
