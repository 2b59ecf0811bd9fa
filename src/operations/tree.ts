import { volumeKey } from '../attachment/names.ts';
import { parseComment, type Tag } from '../attachment/tag.ts';
import type { Attachment } from '../attachment/attachment.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { State } from '../state/state.ts';
import type { OperationContext } from './context.ts';
import type { NodeView, Subsystem } from './ports/node.ts';
import type { Disk, ServerView } from './ports/storage-server.ts';
import { noServer, requireNode } from './resolve.ts';
import { sameAddress, subsystemOf } from './seen.ts';
import { differences, type NodeSide } from './show.ts';
import { survey, type Answer } from './survey.ts';

export interface TreeRequest {
  /** Only these storage servers; empty = all. */
  readonly servers: readonly string[];
  /** Only volumes that one of these nodes has, or is connected to; empty = all. */
  readonly nodes: readonly string[];
}

/** A node under a volume: it has it by the state or the tag, or is connected to it. */
export interface TreeNode extends NodeSide {
  /** The device that the state remembers, for a node that can't be asked. */
  readonly remembered: string | null;
  readonly fenced: boolean;
}

export interface TreeVolume {
  readonly key: string;
  readonly slot: string;
  /** Null when the storage server can't be asked, or has it no more. */
  readonly disk: Disk | null;
  readonly attachment: Attachment | null;
  readonly nodes: readonly TreeNode[];
  /** Where the views differ, one sentence each. */
  readonly differences: readonly string[];
}

export interface TreeServer {
  readonly rds: string;
  readonly address: string;
  readonly version: string | null;
  readonly error: RdsctlError | null;
  readonly volumes: readonly TreeVolume[];
}

export interface TreeResult {
  readonly servers: readonly TreeServer[];
  /** Nodes that could not be asked, whatever they may hold. */
  readonly silent: readonly { readonly node: string; readonly error: RdsctlError }[];
}

/** Everything from storage server to mount point, as all sides see it. Changes nothing, takes no lock. */
export async function tree(context: OperationContext, request: TreeRequest): Promise<TreeResult> {
  const configured = Object.keys(context.config.storageServers);
  const unknown = request.servers.find((rds) => !configured.includes(rds));
  if (unknown !== undefined) throw noServer(unknown, configured);
  for (const node of request.nodes) requireNode(context, node);
  const servers = configured.filter((rds) => request.servers.length === 0 || request.servers.includes(rds));
  const before = await context.manager.state();
  const nqns = Object.values(before.attachments).flatMap(({ nqn }) => (nqn === null ? [] : [nqn]));
  const seen = await survey(context, { servers, usesOf: nqns });
  const nodes = await usesOfStrangers(context, seen.nodes, new Set(nqns));
  return {
    servers: servers.map((rds) => {
      const answer = seen.servers.get(rds) ?? { view: null, error: null };
      const volumes = volumesOf(context, seen.state, rds, answer.view, nodes);
      return {
        rds,
        address: context.server(rds).nvmeAddress,
        version: answer.view?.version ?? null,
        error: answer.error,
        volumes: volumes.filter(
          (volume) =>
            request.nodes.length === 0 || volume.nodes.some(({ node }) => request.nodes.includes(node)),
        ),
      };
    }),
    silent: [...nodes].flatMap(([node, { error }]) => (error === null ? [] : [{ node, error }])),
  };
}

/** Nodes that are connected to something that the state does not know are asked once more, for its uses. */
async function usesOfStrangers(
  context: OperationContext,
  nodes: ReadonlyMap<string, Answer<NodeView>>,
  known: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Answer<NodeView>>> {
  const strange = new Map<string, string[]>();
  for (const [node, { view }] of nodes) {
    const nqns = (view?.subsystems ?? []).map(({ nqn }) => nqn).filter((nqn) => !known.has(nqn));
    if (nqns.length > 0) strange.set(node, nqns);
  }
  if (strange.size === 0) return nodes;
  const again = await survey(context, {
    servers: [],
    nodes: [...strange.keys()],
    usesOf: [...known, ...new Set([...strange.values()].flat())],
  });
  return new Map([...nodes, ...again.nodes]);
}

function volumesOf(
  context: OperationContext,
  state: State,
  rds: string,
  view: ServerView | null,
  nodes: ReadonlyMap<string, Answer<NodeView>>,
): TreeVolume[] {
  const disks = new Map((view?.disks ?? []).map((disk) => [disk.slot, disk]));
  const remembered = Object.values(state.attachments).filter((attachment) => attachment.rds === rds);
  const slots = new Set([...disks.keys(), ...remembered.map(({ slot }) => slot)]);
  const address = context.server(rds).nvmeAddress;
  return [...slots].map((slot): TreeVolume => {
    const key = volumeKey(rds, slot);
    const disk = disks.get(slot) ?? null;
    const attachment = state.attachments[key] ?? null;
    const tag = disk === null ? null : parseComment(disk.comment).tag;
    const nqn = disk?.nqn ?? attachment?.nqn ?? null;
    const sides = sidesOf(state, { attachment, tag, nqn, address }, nodes);
    const volume = { key, rds, slot };
    const found = differences(state, volume, address, disk === null ? null : { disk, tag }, sides);
    if (disk === null && view !== null) found.unshift(`${rds} has no such volume any more`);
    return { key, slot, disk, attachment, nodes: sides, differences: found };
  });
}

/** The nodes under a volume: those that the state or the tag names, and those that are connected to it. */
function sidesOf(
  state: State,
  volume: {
    readonly attachment: Attachment | null;
    readonly tag: Tag | 'unreadable' | null;
    readonly nqn: string | null;
    readonly address: string;
  },
  nodes: ReadonlyMap<string, Answer<NodeView>>,
): TreeNode[] {
  const { attachment, tag, nqn, address } = volume;
  const holders = attachment?.phase === 'fenced' ? [] : (attachment?.holders ?? []);
  const names = new Set(holders.map(({ node }) => node));
  if (tag !== null && tag !== 'unreadable') for (const owner of tag.owners) names.add(owner);
  for (const [node, { view }] of nodes) {
    if (nqn !== null && view !== null && isConnected(subsystemOf(view, nqn), address)) names.add(node);
  }
  return [...names].sort().map((node) => ({
    node,
    view: viewOf(node, nodes.get(node), nqn),
    remembered: holders.find((holder) => holder.node === node)?.device ?? null,
    fenced: state.nodes[node]?.fenced != null,
  }));
}

function viewOf(node: string, answer: Answer<NodeView> | undefined, nqn: string | null): TreeNode['view'] {
  if (answer === undefined) {
    const message = `the configuration names no node ${node}`;
    return { error: new RdsctlError('NO_SUCH_NODE', { message, details: { node } }) };
  }
  if (answer.error !== null) return { error: answer.error };
  return { seen: nqn === null ? null : subsystemOf(answer.view, nqn) };
}

function isConnected(subsystem: Subsystem | null, address: string): boolean {
  return subsystem?.controllers.some((controller) => sameAddress(controller.address, address)) === true;
}
