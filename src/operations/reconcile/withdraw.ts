import { enterFound } from '../../attachment/found-holder.ts';
import { UNKNOWN_HOST } from '../../attachment/names.ts';
import { formatComment } from '../../attachment/tag.ts';
import {
  beginRelease,
  completeDetach,
  holds,
  nextToken,
  tokenShown,
  type VolumeId,
} from '../../attachment/transitions.ts';
import type { Lock } from '../../state/lock.ts';
import type { State, StateChange } from '../../state/state.ts';
import type { Trail } from '../audited.ts';
import { checkTag } from '../claims.ts';
import { checkpoint, step, workOf, type OperationContext } from '../context.ts';
import { drain, notDrained } from '../drain.ts';
import type { Disk } from '../ports/storage-server.ts';
import { settleOne } from '../settle.ts';

/**
 * Ends what is left at the storage server of a volume that nobody has and nobody may connect to: its export,
 * and the name in its tag. Whoever was connected may have been cut off in the middle of a write: until it is
 * proved that nothing is in flight any more, the state keeps a claim of hosts unknown, so that nobody is granted
 * the volume. The volume's lock is held.
 * @throws RdsctlError what the storage server refuses; NOT_DRAINED, CHANGED_MEANWHILE, LOST_LOCK
 */
export async function withdrawLeftover(
  context: OperationContext,
  volume: VolumeId,
  disk: Disk,
  lock: Lock,
  trail: Trail,
): Promise<void> {
  const server = context.server(volume.rds);
  const before = await context.manager.state();
  const claim = checkTag(before, volume, disk);
  const present = before.attachments[volume.key];
  const hasSessions = disk.exported || (present !== undefined && holds(present, UNKNOWN_HOST));
  checkpoint(context);
  const judged = before.tokens[volume.key] ?? 0;
  const state = await context.manager.change((current) => {
    // Within the commit: whoever lost the volume's lock must not lay an intent over what another one made.
    lock.assertHeld();
    return hasSessions ? begun(context, current, volume, disk) : nextToken(current, volume.key, judged);
  });
  const token = state.tokens[volume.key] ?? 0;
  trail.token = token;
  lock.assertHeld();
  trail.changed(volume.rds, `revoke ${volume.slot}`);
  await step(context, 'revoke', `${volume.rds}: withdraw what is left of ${volume.slot}`, () =>
    settleOne(context, server, {
      kind: 'revoke',
      slot: volume.slot,
      expectComment: disk.comment,
      comment: formatComment(claim.text, { owners: [], token, lineage: state.lineage }),
    }),
  );
  if (!hasSessions) {
    await context.manager.change((current) => tokenShown(current, volume.key, token));
    return;
  }
  await step(context, 'drain', `${volume.rds}: nothing in flight for ${volume.slot}?`, async () => {
    const left = await drain(context, server, [volume.slot], context.clock.monotonic());
    if (left.size === 0) return;
    const seconds = context.config.fence.drainTimeout / 1000;
    throw notDrained(volume.rds, volume.slot, left.get(volume.slot) ?? null, seconds);
  });
  await context.manager.change((current) =>
    completeDetach(current, { key: volume.key, token, node: UNKNOWN_HOST }),
  );
}

/** The claim of hosts unknown, with its intent. */
function begun(context: OperationContext, state: State, volume: VolumeId, disk: Disk): StateChange {
  const work = workOf(context);
  const present = state.attachments[volume.key];
  const entered =
    present !== undefined && holds(present, UNKNOWN_HOST)
      ? state
      : enterFound(
          state,
          {
            volume: { key: volume.key, rds: volume.rds, slot: volume.slot },
            node: UNKNOWN_HOST,
            hostNqn: null,
            nqn: disk.nqn,
            transport: { address: context.server(volume.rds).nvmeAddress, port: disk.port },
            sizeBytes: disk.sizeBytes,
          },
          work,
        );
  return beginRelease({ ...state, ...entered }, volume.key, UNKNOWN_HOST, 'fence', work);
}
