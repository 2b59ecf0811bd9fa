import type { Attachment } from '../attachment/attachment.ts';

/** What is remembered of a node. */
export interface NodeRecord {
  /** Host NQN as configured or read from the node at an attach; null when never seen. */
  readonly hostNqn: string | null;
  readonly hostId: string | null;
  /** Set by `fence`, lifted by `unfence`. */
  readonly fenced: FencedMark | null;
}

export interface FencedMark {
  /** RFC 3339, UTC. */
  readonly since: string;
  readonly by: string;
  readonly reason: string | null;
  /** Volume keys that were taken from the node by fences since the mark was set: what unfence checks. */
  readonly volumes: readonly string[];
}

/** The whole state: plain data. What a store hands out is frozen, and shared by all who have it. */
export interface State {
  /** Made once with the state; tells states of different admin hosts and restored copies apart. */
  readonly lineage: string;
  /** Grows by one with each commit. */
  readonly serial: number;
  /** By volume key. */
  readonly attachments: Readonly<Record<string, Attachment>>;
  /** The last fencing token of every volume that was ever attached, by volume key. */
  readonly tokens: Readonly<Record<string, number>>;
  /** By node name. */
  readonly nodes: Readonly<Record<string, NodeRecord>>;
}

/** What a change to the state may touch. */
export type StateChange = Pick<State, 'attachments' | 'tokens' | 'nodes'>;

/** A state that was never written. */
export const EMPTY_STATE: State = Object.freeze({
  lineage: '',
  serial: 0,
  attachments: Object.freeze({}),
  tokens: Object.freeze({}),
  nodes: Object.freeze({}),
});
