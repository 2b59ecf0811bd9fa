import type { Attachment } from '../../attachment/attachment.ts';
import type { Phase } from '../../attachment/phase.ts';
import type { Transport } from '../../attachment/attachment.ts';

/** The fields of an `Attachment` document, in the order of the contract. */
export interface AttachmentBody {
  readonly volume: string;
  readonly rds: string;
  readonly node: string;
  readonly nodes: readonly string[];
  readonly phase: Phase;
  readonly nqn: string | null;
  readonly transport: Transport | null;
  readonly hostNqn: string | null;
  readonly device: string | null;
  readonly sizeBytes: number | null;
  readonly attachedAt: string;
  readonly fencingToken: number;
  readonly changed: boolean;
}

/**
 * The document of an attachment. `label` is the volume as the operator would name it: the slot, or
 * `rds/slot` where several storage servers have that slot.
 */
export function attachmentBody(
  attachment: Attachment,
  { label = attachment.slot, changed = false }: { readonly label?: string; readonly changed?: boolean } = {},
): AttachmentBody {
  const [owner] = attachment.holders;
  return {
    volume: label,
    rds: attachment.rds,
    node: owner.node,
    nodes: attachment.holders.map((holder) => holder.node),
    phase: attachment.phase,
    nqn: attachment.nqn,
    transport:
      attachment.transport === null
        ? null
        : { address: attachment.transport.address, port: attachment.transport.port },
    hostNqn: owner.hostNqn,
    device: owner.device,
    sizeBytes: attachment.sizeBytes,
    attachedAt: attachment.attachedAt,
    fencingToken: attachment.token,
    changed,
  };
}

/** The slots that more than one storage server has an attachment of: there a bare slot says too little. */
export function ambiguousSlots(attachments: readonly Attachment[]): ReadonlySet<string> {
  const twice = new Set<string>();
  const [first] = attachments;
  if (attachments.every(({ rds }) => rds === first?.rds)) return twice;
  const seen = new Set<string>();
  for (const { slot } of attachments) {
    if (seen.has(slot)) twice.add(slot);
    seen.add(slot);
  }
  return twice;
}
