import { NOBODY } from '../../attachment/host-nqn.ts';
import type { VolumeId } from '../../attachment/transitions.ts';
import type { Lock } from '../../state/lock.ts';
import { audited, type Trail } from '../audited.ts';
import type { OperationContext } from '../context.ts';
import { lockOptionsConnecting } from '../locking.ts';
import { requireNode, resolveVolume, type MayTouch } from '../resolve.ts';
import { admitOwner } from './admit-owner.ts';
import { grantAndConnect } from './grant.ts';
import { bothSeen, drawPicture, isRightful, isRightfulButListed, refuseByState } from './picture.ts';
import type { AttachRequest, AttachResult } from './request.ts';
import { reuse } from './reuse.ts';
import { askOthers } from './untracked-export.ts';

/**
 * Makes a volume usable on one node and on no other, and finds its block device. Same node again is success.
 * @throws RdsctlError for every way in which it is refused or fails; see the exit codes
 */
export async function attach(
  context: OperationContext,
  request: AttachRequest,
  mayTouch: MayTouch,
): Promise<AttachResult> {
  return audited(context, 'attach', { volume: request.volume, node: request.node }, async (trail) => {
    const node = requireNode(context, request.node, { command: 'attach', volume: request.volume });
    const volume = await resolveVolume(context, request.volume, mayTouch);
    trail.volume = volume.key;
    const hosts = [context.server(volume.rds), context.node(node)];
    return context.locks.withLock(volume.key, lockOptionsConnecting(context, hosts), (lock) =>
      attachLocked(context, volume, { ...request, node }, lock, trail),
    );
  });
}

/** The same, for callers that hold the volume's lock already (move). */
export async function attachLocked(
  context: OperationContext,
  volume: VolumeId,
  request: AttachRequest,
  lock: Lock,
  trail: Trail,
): Promise<AttachResult> {
  const { node } = request;
  const state = await context.manager.state();
  refuseByState(state, volume, request);
  const server = context.server(volume.rds);
  const port = context.node(node);
  server.open();
  port.open();
  const [disk, view] = await bothSeen(context, server, port, volume, node);
  const picture = drawPicture(context, state, volume, request, disk, view);
  if (isRightful(picture)) return reuse(context, picture, port, trail);
  if (isRightfulButListed(picture)) {
    // Who can't be asked may have come in where any host could: then only ending all sessions makes sure.
    const closed = disk.allow === NOBODY;
    const asked = await askOthers(context, picture, closed || request.takeOver ? 'let be' : 'refuse');
    if (asked || closed) {
      await admitOwner(context, volume, disk, lock, trail);
      return { ...(await attachLocked(context, volume, request, lock, trail)), changed: true };
    }
  }
  return grantAndConnect(context, picture, { server, port, lock, trail, takeOver: request.takeOver });
}
