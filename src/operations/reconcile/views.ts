import { volumeKey } from '../../attachment/names.ts';
import type { State } from '../../state/state.ts';
import type { NodeView, Subsystem } from '../ports/node.ts';
import type { Disk } from '../ports/storage-server.ts';

/** State, storage servers and nodes as they were seen at about one moment: plain data. */
export interface Views {
  /** RFC 3339, UTC. */
  readonly now: string;
  readonly state: State;
  /** By name; those that could not be asked are left out. */
  readonly servers: ReadonlyMap<string, SeenServer>;
  /** By name, all that the configuration names; null = could not be asked. */
  readonly nodes: ReadonlyMap<string, NodeView | null>;
  /** By node: the host NQN that the configuration gives it. */
  readonly configuredNqns: ReadonlyMap<string, string>;
}

export interface SeenServer {
  /** Where nodes reach its NVMe target. */
  readonly nvmeAddress: string;
  /** By slot; only those that rdsctl may touch. */
  readonly disks: ReadonlyMap<string, Disk>;
}

/** Who knows a subsystem: made once for all volumes, since every node is asked for each of them. */
export type Sessions = ReadonlyMap<string, ReadonlyMap<string, Subsystem>>;

/** By NQN, then by node. NQNs are compared whole. */
export function sessionsOf({ nodes }: Views): Sessions {
  const sessions = new Map<string, Map<string, Subsystem>>();
  for (const [node, view] of nodes) {
    for (const subsystem of view?.subsystems ?? []) {
      const those = sessions.get(subsystem.nqn) ?? new Map<string, Subsystem>();
      those.set(node, subsystem);
      sessions.set(subsystem.nqn, those);
    }
  }
  return sessions;
}

/** Every volume that the state or a storage server knows, in sorted order. */
export function volumesOf({ state, servers }: Views): string[] {
  const keys = new Set(Object.keys(state.attachments));
  for (const [rds, { disks }] of servers) for (const slot of disks.keys()) keys.add(volumeKey(rds, slot));
  return [...keys].sort();
}

/** The host NQN that a node would connect with now; null when it is not known. */
export function hostNqnOf(views: Views, node: string): string | null {
  return views.configuredNqns.get(node) ?? views.nodes.get(node)?.hostNqnFile ?? null;
}
