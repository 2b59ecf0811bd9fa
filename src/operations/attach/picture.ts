import type { Attachment, Transport } from '../../attachment/attachment.ts';
import { isSubsystemNqn, NOBODY, type HostIdentity } from '../../attachment/host-nqn.ts';
import { attachedElsewhere, nodeFenced, unfinished } from '../../attachment/refusals.ts';
import { holds, type VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import { checkTag, mayBeUndrained, type Claim } from '../claims.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import { identityOf } from '../identity.ts';
import type { NodePort, NodeView, Subsystem } from '../ports/node.ts';
import type { Disk, StorageServer } from '../ports/storage-server.ts';
import { preflight } from '../preflight.ts';
import { lookAtVolume, standing, subsystemOf } from '../seen.ts';
import type { AttachRequest } from './request.ts';
import { checkShare, type Sharing } from './share.ts';

/** What an attach knows after it has looked, before it changes anything. */
export interface Picture {
  readonly volume: VolumeId;
  readonly node: string;
  readonly present: Attachment | undefined;
  /** An earlier cut was perhaps never proved to be drained. */
  readonly undrained: boolean;
  /** Token of another node's attach that was cut short and does not count; null = there is none. */
  readonly abandoned: number | null;
  readonly disk: Disk;
  readonly claim: Claim;
  readonly identity: HostIdentity;
  readonly nvmeCli: string;
  readonly subsystem: Subsystem | null;
  readonly transport: Transport;
  readonly sharing: Sharing | null;
}

/** Refusals that need no look at any host. */
export function refuseByState(state: State, volume: VolumeId, request: AttachRequest): void {
  const mark = state.nodes[request.node]?.fenced;
  if (mark) throw nodeFenced(request.node, mark);
  const present = state.attachments[volume.key];
  if (present === undefined || present.phase === 'fenced') return;
  if (present.phase === 'fencing') throw unfinished(present);
  if (holds(present, request.node)) return;
  // An attach that was cut short before anything was granted is undone in passing: see drawPicture.
  if (present.intent?.verb === 'attach' && present.phase === 'attaching') return;
  if (request.shared !== null && present.phase === 'attached') return;
  throw attachedElsewhere(present, request.node);
}

/** Looks at the storage server and the node at the same time. */
export async function bothSeen(
  context: OperationContext,
  server: StorageServer,
  port: NodePort,
  volume: VolumeId,
  node: string,
): Promise<[Disk, NodeView]> {
  const results = await Promise.allSettled([
    step(context, 'look', `${volume.rds}: look at ${volume.slot}`, () =>
      lookAtVolume(context, server, volume.slot),
    ),
    step(context, 'observe', `${node}: look for old controllers`, () =>
      port.observe({ usesOf: [], signal: context.signal }),
    ),
  ]);
  const [disk, view] = results;
  if (disk.status === 'rejected') throw unchanged(disk.reason);
  if (view.status === 'rejected') throw unchanged(view.reason);
  checkpoint(context);
  return [disk.value, view.value];
}

function unchanged(error: unknown): unknown {
  return error instanceof RdsctlError && error.now === undefined
    ? error.with({ now: 'Nothing was changed.' })
    : error;
}

/** Puts together what was seen, and refuses what must be refused before anything is changed. */
export function drawPicture(
  context: OperationContext,
  state: State,
  volume: VolumeId,
  request: AttachRequest,
  disk: Disk,
  view: NodeView,
): Picture {
  const { node } = request;
  let present = state.attachments[volume.key];
  let abandoned: number | null = null;
  preflight(context, node, view);
  const identity = identityOf(context, state, node, view);
  const claim = checkTag(state, volume, disk);
  const undrained = mayBeUndrained(present, claim);
  if (present?.intent?.verb === 'attach' && !holds(present, node)) {
    // Cut short: only if its grant never reached the storage server is the claim worth nothing. Should it
    // still be under way there, it will find another comment than it expects.
    const granted = disk.exported || (claim.tag !== null && claim.tag.token >= present.intent.token);
    if (granted) throw attachedElsewhere(present, node);
    abandoned = present.intent.token;
    present = undefined;
  }
  if (!isSubsystemNqn(disk.nqn)) {
    throw new RdsctlError('BAD_ANSWER', {
      message: `${volume.rds} tells ${JSON.stringify(disk.nqn)} as the NQN of ${volume.slot}, which is none`,
      now: 'Nothing was changed.',
      details: { volume: volume.key, nqn: disk.nqn },
    });
  }
  if (disk.mountFilesystem === true) {
    context.report({
      type: 'warning',
      message:
        `${volume.slot} on ${volume.rds} has mount-filesystem=yes: RouterOS mounts the file system that ${node} writes, and damages it. ` +
        `On the storage server: /disk set [find where slot="${volume.slot}"] mount-filesystem=no`,
    });
  }
  const address = context.server(volume.rds).nvmeAddress;
  const subsystem = subsystemOf(view, disk.nqn);
  if (standing(subsystem, address) === 'elsewhere') {
    throw new RdsctlError('NQN_COLLISION', {
      message: `${node} holds a controller of ${disk.nqn} at another address than ${volume.rds}'s (${address})`,
      now: 'Nothing was changed. Two storage servers offer volumes under one NQN, or the address in the configuration is not right.',
      hints: [{ when: `Look on ${node}:`, run: 'nvme list-subsys' }],
      details: { node, nqn: disk.nqn, address, controllers: subsystem?.controllers },
    });
  }
  return {
    volume,
    node,
    present,
    undrained,
    abandoned,
    disk,
    claim,
    identity,
    nvmeCli: view.nvmeCli ?? '',
    subsystem,
    transport: { address, port: disk.port },
    sharing: checkShare(context, volume, request, present),
  };
}

/** Whether the storage server grants the volume to this very node already, by our own doing. */
export function isRightful({ present, node, disk, identity, claim, sharing }: Picture): boolean {
  if (present === undefined || !holds(present, node) || sharing !== null) return false;
  const admitted = disk.allow === identity.hostNqn || (present.sharedUntil !== null && disk.allow === '');
  return disk.exported && admitted && claim.tag?.owners.includes(node) === true;
}

/**
 * Whether it is this node's by our own doing, but somebody changed the list of the export by hand, to any host or
 * to nobody. It is mended without toggling the export, and the node keeps its controller: a live one; after a list
 * that let nobody else in, any.
 */
export function isRightfulButListed(picture: Picture): boolean {
  const { present, disk, identity, subsystem, transport } = picture;
  const live = standing(subsystem, transport.address) === 'live';
  const stays = disk.allow === NOBODY ? live || mayKeepControllers(picture) : disk.allow === '' && live;
  return (
    stays &&
    present?.phase === 'attached' &&
    present.holders.length === 1 &&
    present.holders[0].hostNqn === identity.hostNqn &&
    present.sharedUntil === null &&
    isRightful({ ...picture, disk: { ...disk, allow: identity.hostNqn } })
  );
}

/**
 * A node's controllers may stay when the volume was its own all the time: the storage server only forgot the
 * export, and nobody else can have written. Otherwise an old controller would replay its queued writes over
 * newer data when it is let in (lab a5). A tag may be newer than the record: see nextToken.
 */
export function mayKeepControllers({ present, claim, node }: Picture): boolean {
  return (
    present !== undefined &&
    holds(present, node) &&
    claim.tag !== null &&
    claim.tag.owners.length === 1 &&
    claim.tag.owners[0] === node &&
    (claim.tag.token >= present.token || present.intent?.node === node)
  );
}
