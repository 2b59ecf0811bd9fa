import type { Intent } from './intent.ts';
import type { Phase } from './phase.ts';

/** Where a volume's subsystem is reached over the storage network. */
export interface Transport {
  /** IP address of the storage server on the storage network. */
  readonly address: string;
  /** TCP port. */
  readonly port: number;
}

/** One node's hold on a volume. */
export interface Holder {
  readonly node: string;
  /** The host NQN that the export was granted to; null while it is not known yet. */
  readonly hostNqn: string | null;
  /** The block device on that node as last seen, for display only: it is looked up anew each time. */
  readonly device: string | null;
  /** RFC 3339, UTC. */
  readonly since: string;
}

/** A volume's attachment as the state remembers it. Plain data; handed out as copies. */
export interface Attachment {
  /** The volume's key, `rds/slot`: one per volume. */
  readonly volume: string;
  readonly rds: string;
  readonly slot: string;
  readonly phase: Phase;
  /** The nodes that hold it or may hold it: one, or two while it is shared. The first is the owner. */
  readonly holders: readonly [Holder, ...Holder[]];
  /** Null until the storage server has told it. */
  readonly nqn: string | null;
  readonly transport: Transport | null;
  /** Exact size in bytes; null until the storage server has told it. */
  readonly sizeBytes: number | null;
  /** RFC 3339, UTC: when the owner's attach was begun. */
  readonly attachedAt: string;
  /** Who did it: `user@host`. */
  readonly by: string;
  /** When sharing ends; null when it is not shared. RFC 3339, UTC. */
  readonly sharedUntil: string | null;
  /** The fencing token that the last intent or change took. */
  readonly token: number;
  /** What an operation was about to do; null when nothing is open. */
  readonly intent: Intent | null;
}
