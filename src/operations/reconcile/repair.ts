import type { VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Lock } from '../../state/lock.ts';
import { attachLocked } from '../attach/attach.ts';
import { audited, type Trail } from '../audited.ts';
import type { OperationContext } from '../context.ts';
import { detachLocked } from '../detach/detach.ts';
import { cutHeld } from '../fence/cut-held.ts';
import { distrustedServers } from '../fence/distrust.ts';
import type { Disk } from '../ports/storage-server.ts';
import { admitOwner } from '../attach/admit-owner.ts';
import type { Drift } from './drift.ts';
import { dropControllers } from './drop.ts';
import { withdrawLeftover } from './withdraw.ts';

/**
 * Repairs one drift of a volume whose lock is held, and writes it to the audit log.
 * @param disk as it was just now
 * @throws RdsctlError for every way in which that fails
 */
export async function repair(
  context: OperationContext,
  volume: VolumeId,
  drift: Drift,
  disk: Disk,
  lock: Lock,
): Promise<void> {
  const about = { volume: volume.key, node: drift.node };
  await audited(context, 'reconcile', about, async (trail) => {
    trail.note = `${drift.kind}: ${drift.meaning}`;
    await done(context, volume, drift, disk, lock, trail);
    return { changed: true };
  });
}

async function done(
  context: OperationContext,
  volume: VolumeId,
  drift: Drift,
  disk: Disk,
  lock: Lock,
  trail: Trail,
): Promise<void> {
  const node = drift.node ?? '';
  switch (drift.repair) {
    case 'attach':
      await attachLocked(
        context,
        volume,
        { volume: volume.key, node, shared: null, takeOver: false },
        lock,
        trail,
      );
      return;
    case 'release':
      await detachLocked(context, volume, node, lock, trail);
      return;
    case 'fence':
      await finishFence(context, volume, node, disk, lock, trail);
      return;
    case 'admit':
      await admitOwner(context, volume, disk, lock, trail);
      return;
    case 'withdraw':
      await withdrawLeftover(context, volume, disk, lock, trail);
      return;
    case 'drop':
    case 'drop-cut-off':
      await dropControllers(context, volume, disk, { node, cutOff: drift.repair === 'drop-cut-off' }, trail);
      return;
    case null:
      throw new RdsctlError('INTERNAL', { message: `${drift.kind} is not repaired unasked` });
  }
}

async function finishFence(
  context: OperationContext,
  volume: VolumeId,
  node: string,
  disk: Disk,
  lock: Lock,
  trail: Trail,
): Promise<void> {
  const state = await context.manager.state();
  const attachment = state.attachments[volume.key] ?? null;
  const token = state.tokens[volume.key] ?? 0;
  const distrusted = await distrustedServers(context, new Map());
  const target = { ...volume, attachment, token, disk, error: null };
  const [cut] = await cutHeld(context, node, [target], [lock], trail, distrusted);
  trail.token = token + 1;
  if (cut?.error) throw cut.error;
}
