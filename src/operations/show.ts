import type { Attachment } from '../attachment/attachment.ts';
import { NOBODY } from '../attachment/host-nqn.ts';
import { standingOfTag, strangersOf } from '../attachment/tag-standing.ts';
import { parseComment, type Tag } from '../attachment/tag.ts';
import type { VolumeId } from '../attachment/transitions.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { State } from '../state/state.ts';
import type { OperationContext } from './context.ts';
import type { Subsystem } from './ports/node.ts';
import type { Disk } from './ports/storage-server.ts';
import { describeDeadMounts } from './dead-mounts.ts';
import { resolveVolume, type MayTouch } from './resolve.ts';
import { lookAtVolume, sameAddress, standing, subsystemOf } from './seen.ts';

/** A view that was had, or why it was not. */
export type View<T> = { readonly seen: T } | { readonly error: RdsctlError };

export interface NodeSide {
  readonly node: string;
  readonly view: View<Subsystem | null>;
}

export interface ShowResult {
  readonly volume: VolumeId;
  readonly attachment: Attachment | null;
  /** The last fencing token this state gave out; 0 = none. */
  readonly token: number;
  readonly lineage: string;
  readonly storageServer: View<{ readonly disk: Disk; readonly tag: Tag | 'unreadable' | null }>;
  /** The nodes that the state or the storage server's tag names. */
  readonly nodes: readonly NodeSide[];
  /** Where the three views differ, one sentence each; empty = they agree. */
  readonly differences: readonly string[];
}

/** One volume as the state, the storage server and the node see it. Changes nothing, takes no lock. */
export async function show(
  context: OperationContext,
  request: { readonly volume: string },
  mayTouch: MayTouch,
): Promise<ShowResult> {
  const volume = await resolveVolume(context, request.volume, mayTouch);
  const state = await context.manager.state();
  const attachment = state.attachments[volume.key] ?? null;
  for (const { node } of attachment?.holders ?? []) {
    if (context.config.nodes[node] !== undefined) context.node(node).open();
  }
  const server = context.server(volume.rds);
  const storageServer = await viewed(context, async () => {
    const disk = await lookAtVolume(context, server, volume.slot);
    return { disk, tag: parseComment(disk.comment).tag };
  });
  if ('error' in storageServer && storageServer.error.code === 'NOT_FOUND' && attachment === null) {
    throw storageServer.error;
  }
  const tag = 'seen' in storageServer ? storageServer.seen.tag : null;
  const nqn = 'seen' in storageServer ? storageServer.seen.disk.nqn : (attachment?.nqn ?? null);
  const names = new Set(attachment?.holders.map(({ node }) => node) ?? []);
  if (tag !== null && tag !== 'unreadable') for (const owner of tag.owners) names.add(owner);
  const nodes = await Promise.all(
    [...names]
      .filter((node) => context.config.nodes[node] !== undefined)
      .map(async (node): Promise<NodeSide> => ({
        node,
        view: await viewed(context, async () => {
          const view = await context
            .node(node)
            .observe({ usesOf: nqn === null ? [] : [nqn], signal: context.signal });
          return nqn === null ? null : subsystemOf(view, nqn);
        }),
      })),
  );
  return {
    volume,
    attachment,
    token: state.tokens[volume.key] ?? 0,
    lineage: state.lineage,
    storageServer,
    nodes,
    differences: differences(
      state,
      volume,
      server.nvmeAddress,
      'seen' in storageServer ? storageServer.seen : null,
      nodes,
    ),
  };
}

async function viewed<T>(context: OperationContext, look: () => Promise<T>): Promise<View<T>> {
  try {
    return { seen: await look() };
  } catch (error) {
    if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
    return { error };
  }
}

function tagDifferences(state: State, { key }: VolumeId, tag: Tag | 'unreadable' | null): string[] {
  const attachment = state.attachments[key];
  const stand = standingOfTag(state, key, tag);
  if (tag === 'unreadable') return ['the tag in the comment can not be read'];
  if (tag === null) return attachment?.phase === 'attached' ? ['the storage server has no tag for it'] : [];
  if (stand === 'foreign') return ['the tag is of another rdsctl state'];
  if (stand === 'newer') {
    return [`the storage server knows token ${tag.token}, the state only ${state.tokens[key] ?? 0}`];
  }
  const owners = tag.owners.join(' and ');
  if (stand === 'other') {
    const strangers = strangersOf(state, key, tag).join(' and ');
    return [`the tag names ${strangers}, of which this state knows nothing: another copy of it is in use`];
  }
  if (attachment?.phase === 'fenced' && tag.owners.length > 0) {
    return [`the tag still names ${owners}, which was cut off`];
  }
  if (attachment?.phase !== 'attached') return [];
  if (stand === 'nobody') return ['the tag names nobody'];
  if (stand === 'part') return [`the tag names ${owners} alone`];
  if (stand === 'older') {
    return [`the tag has token ${tag.token}, the state has it with token ${attachment.token}`];
  }
  return [];
}

/** Where the views of a volume differ. A side that could not be asked says nothing of itself. */
export function differences(
  state: State,
  volume: VolumeId,
  address: string,
  storageServer: { readonly disk: Disk; readonly tag: Tag | 'unreadable' | null } | null,
  nodes: readonly NodeSide[],
): string[] {
  const found: string[] = [];
  const attachment = state.attachments[volume.key];
  const holders = attachment?.holders ?? [];
  const wanted = attachment?.phase === 'attached';
  const names = holders.map(({ node }) => node).join(' and ');
  if (attachment?.intent) {
    found.push(
      `${attachment.intent.verb} of ${attachment.intent.node} was begun by ${attachment.intent.by} and is not finished`,
    );
  }
  if (storageServer !== null) {
    const { disk, tag } = storageServer;
    if (wanted && !disk.exported)
      found.push('the state says attached, the storage server does not export it');
    const to = disk.allow === '' ? 'any host' : disk.allow;
    if (attachment === undefined && disk.exported) {
      found.push(`the storage server exports it (to ${to}), the state gave it to nobody`);
    }
    if (attachment?.phase === 'fenced' && disk.exported) {
      found.push(`the storage server exports it (to ${to}), though ${names} was cut off from it`);
    }
    const granted = attachment !== undefined && attachment.phase !== 'fenced' && disk.exported;
    const allowed = [...holders.map(({ hostNqn }) => hostNqn), ...(wanted ? [] : [NOBODY])];
    if (granted && attachment.sharedUntil === null && !allowed.includes(disk.allow)) {
      found.push(`the storage server lets ${to} in, not the owner alone`);
    }
    found.push(...tagDifferences(state, volume, tag));
    if (disk.mountFilesystem === true) found.push('mount-filesystem=yes: RouterOS mounts it too');
  }
  for (const { node, view } of nodes) {
    if ('error' in view) continue;
    const stand = standing(view.seen, address);
    const holding = holders.some((holder) => holder.node === node) && wanted;
    if (holding && stand === 'none')
      found.push(`the state says attached to ${node}, the node is not connected`);
    if (holding && stand === 'dead') found.push(`the controller on ${node} is not live`);
    if (!holding && stand !== 'none') found.push(`${node} holds a controller of it`);
    const dead = view.seen?.deadMounts ?? [];
    if (dead.length > 0) found.push(`on ${node} ${describeDeadMounts(dead)}`);
    for (const controller of view.seen?.controllers ?? []) {
      if (!sameAddress(controller.address, address)) {
        found.push(`${node} is connected to that NQN at ${controller.address}, not at ${address}`);
      }
    }
  }
  return found;
}
