import type { Attachment } from '../../attachment/attachment.ts';
import type { State, StateChange } from '../../state/state.ts';
import type { Finding } from '../care/finding.ts';
import type { NodeView } from '../ports/node.ts';
import type { Disk } from '../ports/storage-server.ts';

/** Everything that a rebuild decides by. */
export interface RebuildFacts {
  /** The state as it is; null when it can't be read or was never written. */
  readonly present: State | null;
  /** The newest good backup of the lineage; null when there is none. */
  readonly remembered: State | null;
  /** The lineage that the state is to have. */
  readonly lineage: string;
  /** Tokens that were given out for certain, by whatever source: no volume gets a lower one. */
  readonly floors: ReadonlyMap<string, number>;
  /** By configured storage server; null = it could not be asked. */
  readonly servers: ReadonlyMap<string, ServerFacts | null>;
  /** By configured node. */
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  /** Whether rdsctl may touch a slot: others are not told by the storage server. */
  readonly mayTouch: (rds: string, slot: string) => boolean;
  /** RFC 3339, UTC. */
  readonly now: string;
  readonly by: string;
}

export interface ServerFacts {
  /** Where nodes reach its NVMe target. */
  readonly address: string;
  readonly disks: readonly Disk[];
}

export interface NodeFacts {
  /** From the configuration; null when left out there. */
  readonly hostNqn: string | null;
  /** Null when it could not be asked. */
  readonly view: NodeView | null;
}

/** The state as it would be. */
export interface Rebuilt {
  readonly lineage: string;
  readonly body: StateChange;
  readonly findings: readonly Finding[];
  /**
   * Volumes that nobody has and that were perhaps cut from somebody just now: nothing of it may be in flight
   * any more before the state says so.
   */
  readonly undrained: readonly { readonly rds: string; readonly slot: string }[];
}

/** What became of one volume. */
export interface Judged {
  readonly attachment: Attachment | null;
  /** From the tag, when it is ours; null otherwise. */
  readonly token: number | null;
  readonly undrained: boolean;
  readonly findings: readonly Finding[];
}
