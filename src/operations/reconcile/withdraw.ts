import { formatComment } from '../../attachment/tag.ts';
import { nextToken, type VolumeId } from '../../attachment/transitions.ts';
import type { Lock } from '../../state/lock.ts';
import type { Trail } from '../audited.ts';
import { checkTag } from '../claims.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import type { Disk } from '../ports/storage-server.ts';
import { settleOne } from '../settle.ts';

/**
 * Ends what is left at the storage server of a volume that nobody has and nobody may connect to: its export,
 * and the name in its tag. The volume's lock is held.
 * @throws RdsctlError what the storage server refuses; CHANGED_MEANWHILE, LOST_LOCK
 */
export async function withdrawLeftover(
  context: OperationContext,
  volume: VolumeId,
  disk: Disk,
  lock: Lock,
  trail: Trail,
): Promise<void> {
  const before = await context.manager.state();
  const claim = checkTag(before, volume, disk);
  checkpoint(context);
  const judged = before.tokens[volume.key] ?? 0;
  const state = await context.manager.change((current) => nextToken(current, volume.key, judged));
  const token = judged + 1;
  trail.token = token;
  lock.assertHeld();
  trail.changed(volume.rds, `revoke ${volume.slot}`);
  await step(context, 'revoke', `${volume.rds}: withdraw what is left of ${volume.slot}`, () =>
    settleOne(context, context.server(volume.rds), {
      kind: 'revoke',
      slot: volume.slot,
      expectComment: disk.comment,
      comment: formatComment(claim.text, { owners: [], token, lineage: state.lineage }),
    }),
  );
}
