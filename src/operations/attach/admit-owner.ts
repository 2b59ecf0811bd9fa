import { formatComment } from '../../attachment/tag.ts';
import { nextToken, tokenShown, type VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Lock } from '../../state/lock.ts';
import type { Trail } from '../audited.ts';
import { checkTag } from '../claims.ts';
import { checkpoint, step, type OperationContext } from '../context.ts';
import type { Disk } from '../ports/storage-server.ts';
import { settleOne } from '../settle.ts';
import { refuseSecond } from './second-in.ts';

/**
 * Names the owner, and him alone, on the list of an export that is on, and tags it. The export is not toggled:
 * his session goes on, nobody else can come back. The volume's lock is held, and it was attached to him all the
 * time. Where any host could get in until then, all the others are asked again afterwards.
 * @throws RdsctlError what the storage server refuses; CHANGED_MEANWHILE, LOST_LOCK; UNTRACKED_EXPORT when
 *   somebody else came in before, or that can not be told
 */
export async function admitOwner(
  context: OperationContext,
  volume: VolumeId,
  disk: Disk,
  lock: Lock,
  trail: Trail,
): Promise<void> {
  const before = await context.manager.state();
  const claim = checkTag(before, volume, disk);
  const present = before.attachments[volume.key];
  const owner = present?.holders[0];
  if (present?.phase !== 'attached' || present.holders.length !== 1 || owner?.hostNqn == null) {
    throw new RdsctlError('OPEN_INTENT', { message: `${volume.slot} has no single owner to admit` });
  }
  const allow = owner.hostNqn;
  checkpoint(context);
  const judged = before.tokens[volume.key] ?? 0;
  const state = await context.manager.change((current) => {
    // Within the commit: whoever lost the volume's lock must not outrun the tag of another one.
    lock.assertHeld();
    return nextToken(current, volume.key, judged);
  });
  const token = judged + 1;
  trail.token = token;
  lock.assertHeld();
  trail.changed(volume.rds, `admit ${allow} alone to ${volume.slot}`);
  await step(context, 'admit', `${volume.rds}: admit ${owner.node} alone to ${volume.slot}`, () =>
    settleOne(context, context.server(volume.rds), {
      kind: 'admit',
      slot: volume.slot,
      expectComment: disk.comment,
      comment: formatComment(claim.text, { owners: [owner.node], token, lineage: state.lineage }),
      allow,
    }),
  );
  await context.manager.change((current) => tokenShown(current, volume.key, token));
  if (disk.allow === '') await refuseSecond(context, { volume, nqn: disk.nqn, owner: owner.node });
}
