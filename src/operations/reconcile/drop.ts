import type { VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Trail } from '../audited.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import type { Disk } from '../ports/storage-server.ts';
import { refuseInUse } from '../seen.ts';

/**
 * Has a node drop its controllers of a volume that it lost. The volume's lock is held, so that nobody grants it
 * to that node meanwhile.
 * @param cutOff it was fenced: whatever it says of use and of being live does not count
 * @throws RdsctlError DEVICE_IN_USE, STALE_CONTROLLER, and what the node answers
 */
export async function dropControllers(
  context: OperationContext,
  volume: VolumeId,
  disk: Disk,
  at: { readonly node: string; readonly cutOff: boolean },
  trail: Trail,
): Promise<void> {
  const { node, cutOff } = at;
  const { nvmeAddress: address } = context.server(volume.rds);
  checkpoint(context);
  trail.changed(node, `nvme disconnect ${disk.nqn}`);
  await step(context, 'drop', `${node}: drop dead controllers of ${volume.slot}`, async () => {
    const after = await context
      .node(node)
      .disconnect({ nqn: disk.nqn, address, cutOff }, { signal: context.grace });
    refuseInUse(volume.slot, node, after.uses, `rdsctl reconcile`);
    if (after.controllers.length === 0) return;
    const left = after.controllers.map(({ name, state }) => `${name} ${state}`).join(', ');
    throw new RdsctlError('STALE_CONTROLLER', {
      message: `${node} does not let go of its controllers of ${volume.slot} (${left})`,
      details: { node, volume: volume.key, controllers: after.controllers, words: after.words },
    });
  });
}
