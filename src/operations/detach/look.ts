import type { Attachment, Holder } from '../../attachment/attachment.ts';
import type { VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import type { NodePort, NodeView } from '../ports/node.ts';
import type { Disk, StorageServer } from '../ports/storage-server.ts';
import { lookAtVolume, subsystemOf } from '../seen.ts';

/** Looks at the storage server and at what uses the volume on the node, at the same time. Changes nothing. */
export async function bothSeen(
  context: OperationContext,
  server: StorageServer,
  port: NodePort,
  volume: VolumeId,
  present: Attachment,
  holder: Holder,
): Promise<[Disk, NodeView]> {
  const { node } = holder;
  const [disk, view] = await Promise.allSettled([
    step(context, 'look', `${volume.rds}: look at ${volume.slot}`, () =>
      lookAtVolume(context, server, volume.slot),
    ),
    step(context, 'observe', `${node}: is ${volume.slot} in use?`, () =>
      port.observe({ usesOf: present.nqn === null ? [] : [present.nqn], signal: context.signal }),
    ),
  ]);
  if (view.status === 'rejected') throw nodeUnseen(view.reason, volume, node);
  if (disk.status === 'rejected') {
    throw disk.reason instanceof RdsctlError
      ? disk.reason.with({ now: 'Nothing was changed.' })
      : disk.reason;
  }
  checkpointUntouched(context);
  // Uses were tested for the NQN that the state remembers; should the server tell another, test again.
  if (present.nqn === disk.value.nqn || subsystemOf(view.value, disk.value.nqn) === null) {
    return [disk.value, view.value];
  }
  return [disk.value, await port.observe({ usesOf: [disk.value.nqn], signal: context.signal })];
}

/** A node that can't be asked may have the volume mounted: nothing is changed. */
export function nodeUnseen(error: unknown, volume: Pick<VolumeId, 'slot'>, node: string): unknown {
  if (!(error instanceof RdsctlError)) return error;
  if (error.code !== 'UNREACHABLE') return error.with({ now: 'Nothing was changed.' });
  return error.with({
    now: `Nothing was changed: ${volume.slot} may be in use on ${node}.`,
    hints: [
      ...error.hints,
      { when: `If ${node} is dead, hung or split off, cut it off:`, run: `rdsctl fence ${node}` },
    ],
  });
}

function checkpointUntouched(context: OperationContext): void {
  try {
    checkpoint(context);
  } catch (error) {
    throw error instanceof RdsctlError ? error.with({ now: 'Nothing was changed.' }) : error;
  }
}
