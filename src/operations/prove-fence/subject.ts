import type { Attachment } from '../../attachment/attachment.ts';
import { nodeFenced } from '../../attachment/refusals.ts';
import type { VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { attachLocked } from '../attach/attach.ts';
import type { Trail } from '../audited.ts';
import { checkTag } from '../claims.ts';
import type { OperationContext } from '../context.ts';
import type { NodePort, NodeView } from '../ports/node.ts';
import type { StorageServer } from '../ports/storage-server.ts';
import type { Lock } from '../../state/lock.ts';
import { noVolume } from '../resolve.ts';
import { subsystemOf } from '../seen.ts';

/** A scratch volume, attached to the node for a proof. */
export interface Subject {
  readonly context: OperationContext;
  readonly volume: VolumeId;
  readonly node: string;
  readonly server: StorageServer;
  readonly port: NodePort;
  readonly attachment: Attachment;
  readonly hostNqn: string;
  readonly nqn: string;
  readonly address: string;
  readonly tcpPort: number;
  readonly view: NodeView;
  /** RouterOS version. */
  readonly version: string;
  /** The volume's comment while it is attached. */
  readonly comment: string;
  readonly trail: Trail;
  readonly lock: Lock;
}

/**
 * Attaches the volume for the proof, the way attach does it.
 * @throws RdsctlError when it is anybody's: ATTACHED_ELSEWHERE, UNTRACKED_EXPORT, NODE_FENCED, STALE_CONTROLLER
 *   and what an attach refuses; nothing was changed then
 */
export async function attachSubject(
  context: OperationContext,
  volume: VolumeId,
  node: string,
  lock: Lock,
  trail: Trail,
): Promise<Subject> {
  const state = await context.manager.state();
  const mark = state.nodes[node]?.fenced;
  if (mark) throw nodeFenced(node, mark);
  const present = state.attachments[volume.key];
  if (present !== undefined) throw taken(volume, present);
  const server = context.server(volume.rds);
  const port = context.node(node);
  const [seen, view] = await Promise.all([
    server.look([volume.slot], { signal: context.signal }),
    port.observe({ usesOf: [], signal: context.signal }),
  ]);
  const [disk] = seen.disks;
  if (disk === undefined) throw noVolume(volume.slot, [volume.rds]);
  checkTag(state, volume, disk);
  if (disk.exported) throw exported(volume);
  const left = subsystemOf(view, disk.nqn)?.controllers ?? [];
  if (left.length > 0) throw held(volume, node);
  const request = { volume: volume.key, node, shared: null, takeOver: false };
  const { attachment } = await attachLocked(context, volume, request, lock, trail);
  const { nqn, transport } = attachment;
  const hostNqn = attachment.holders[0].hostNqn;
  const [after] = (await server.look([volume.slot], { signal: context.grace })).disks;
  if (nqn === null || transport === null || hostNqn === null || after === undefined) {
    throw new RdsctlError('INTERNAL', { message: `${volume.key} was attached without its particulars` });
  }
  return {
    context,
    volume,
    node,
    server,
    port,
    attachment,
    hostNqn,
    nqn,
    address: transport.address,
    tcpPort: transport.port,
    view,
    version: seen.version,
    comment: after.comment,
    trail,
    lock,
  };
}

const SCRATCH =
  'A proof cuts the volume off in the middle of I/O: it needs a scratch volume that nobody has.';

function taken({ key, slot }: VolumeId, { holders, phase }: Attachment): RdsctlError {
  return new RdsctlError('ATTACHED_ELSEWHERE', {
    message: `${slot} is in the state (${phase}, ${holders.map(({ node }) => node).join(' and ')})`,
    now: `Nothing was changed. ${SCRATCH}`,
    hints: [{ when: 'See it, and take another one:', run: `rdsctl show ${key}` }],
    details: { volume: key, phase },
  });
}

function exported({ key, slot, rds }: VolumeId): RdsctlError {
  return new RdsctlError('UNTRACKED_EXPORT', {
    message: `${slot} is exported on ${rds}, by hands unknown`,
    now: `Nothing was changed. ${SCRATCH}`,
    hints: [{ when: 'See it, and take another one:', run: `rdsctl show ${key}` }],
    details: { volume: key },
  });
}

function held({ key, slot }: VolumeId, node: string): RdsctlError {
  return new RdsctlError('STALE_CONTROLLER', {
    message: `${node} still holds a controller of ${slot}`,
    now: `Nothing was changed. ${SCRATCH}`,
    hints: [{ when: 'See it:', run: `rdsctl show ${key}` }],
    details: { volume: key, node },
  });
}
