import type { DetachResult } from '../../operations/detach/detach.ts';
import { attachmentBody } from '../output/attachment-document.ts';

/** What is left of the attachment; without one, the fields of a volume that nobody has. */
export function detachedBody({ volume, before, after, changed }: DetachResult): object {
  if (after !== null) return attachmentBody(after, { changed });
  return {
    volume: volume.slot,
    rds: volume.rds,
    node: null,
    nodes: [],
    phase: null,
    nqn: before?.nqn ?? null,
    transport: before?.transport ?? null,
    hostNqn: null,
    device: null,
    sizeBytes: before?.sizeBytes ?? null,
    attachedAt: null,
    fencingToken: before?.token ?? null,
    changed,
  };
}
