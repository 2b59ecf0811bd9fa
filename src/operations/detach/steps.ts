import type { Holder } from '../../attachment/attachment.ts';
import { completeDetach, type VolumeId } from '../../attachment/transitions.ts';
import { isReason, RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import type { Trail } from '../audited.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import { drain, notDrained } from '../drain.ts';
import type { NodePort } from '../ports/node.ts';
import type { DiskChange, StorageServer } from '../ports/storage-server.ts';
import { refuseInUse } from '../seen.ts';
import { settleOne } from '../settle.ts';

/** A point at which an interrupted detach may stop: its intent is on disk, nothing else is changed. */
export function checkpointOrExplain(context: OperationContext, volume: VolumeId, holder: Holder): void {
  try {
    checkpoint(context);
  } catch (error) {
    throw explained(
      error,
      `${volume.slot} is still attached to ${holder.node}; detaching was begun.`,
      volume,
      holder,
    );
  }
}

/** Disconnects the node. @throws RdsctlError DEVICE_IN_USE, NOT_VERIFIED; what the node's port throws */
export async function disconnectStep(
  context: OperationContext,
  volume: VolumeId,
  holder: Holder,
  port: NodePort,
  at: { nqn: string; address: string },
  trail: Trail,
): Promise<void> {
  const { node } = holder;
  trail.changed(node, `nvme disconnect ${at.nqn}`);
  await step(context, 'disconnect', `${node}: disconnect ${volume.slot}`, async () => {
    try {
      const result = await port.disconnect(at, { signal: context.grace });
      refuseInUse(volume.slot, node, result.uses, `rdsctl detach ${volume.slot}`);
      if (result.controllers.length === 0) return;
      throw new RdsctlError('NOT_VERIFIED', {
        message: `${node} was told to disconnect ${volume.slot}, but still shows ${result.controllers.map(({ name, state }) => `${name} (${state})`).join(', ')}${result.words === '' ? '' : `: ${result.words}`}`,
        details: { node, volume: volume.key, controllers: result.controllers },
      });
    } catch (error) {
      const now = isReason(error, 'DEVICE_IN_USE')
        ? 'It was left connected; nothing else was changed.'
        : `The export of ${volume.slot} was not withdrawn; it stays claimed for ${node}.`;
      throw explained(error, now, volume, holder);
    }
  });
}

/** Withdraws the export, or leaves it to who stays; read back. */
export async function withdrawn(
  context: OperationContext,
  server: StorageServer,
  change: DiskChange,
  volume: VolumeId,
  holder: Holder,
): Promise<void> {
  try {
    await settleOne(context, server, change);
  } catch (error) {
    throw explained(
      error,
      `${holder.node} is disconnected from ${volume.slot}, but the export is not proved to be withdrawn; it stays claimed for ${holder.node}.`,
      volume,
      holder,
    );
  }
}

/** The state no longer claims it for the node. */
export async function noted(
  context: OperationContext,
  volume: VolumeId,
  holder: Holder,
  token: number,
): Promise<State> {
  try {
    return await context.manager.change((current) =>
      completeDetach(current, { key: volume.key, token, node: holder.node }),
    );
  } catch (error) {
    if (isReason(error, 'LOST_LOCK')) throw error;
    const now = `${holder.node} is disconnected from ${volume.slot}, and its export is withdrawn; only the state may still claim it for ${holder.node}.`;
    throw explained(error, now, volume, holder);
  }
}

/** Nothing of who was cut off is in flight any more. @throws RdsctlError NOT_DRAINED */
export async function drained(
  context: OperationContext,
  server: StorageServer,
  volume: VolumeId,
  holder: Holder,
): Promise<void> {
  const left = await drain(context, server, [volume.slot], context.clock.monotonic());
  if (left.size === 0) return;
  const seconds = context.config.fence.drainTimeout / 1000;
  const error = notDrained(volume.rds, volume.slot, left.get(volume.slot) ?? null, seconds);
  throw explained(error, `${error.now ?? ''} It stays claimed for ${holder.node}.`, volume, holder);
}

/** An error of a detach that was begun: how things stand, and both ways on. */
function explained(error: unknown, now: string, volume: VolumeId, holder: Holder): unknown {
  if (!(error instanceof RdsctlError)) return error;
  return error.with({
    now,
    hints: [
      ...error.hints,
      { when: 'To finish:', run: `rdsctl detach ${volume.slot}` },
      { when: 'To keep it attached:', run: `rdsctl attach ${volume.slot} ${holder.node}` },
    ],
  });
}
