import type { Intent } from '../../attachment/intent.ts';
import { formatComment } from '../../attachment/tag.ts';
import { completeDetach } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { checkTag } from '../claims.ts';
import { step } from '../context.ts';
import { detachLocked } from '../detach/detach.ts';
import { drain, notDrained } from '../drain.ts';
import { settleOne } from '../settle.ts';
import type { Subject } from './subject.ts';

/**
 * Puts things back wherever a proof ended: nothing connected, nothing exported, drained, the claim dropped, the
 * user's own text in the comment. Works within the grace that an interruption leaves.
 * @throws RdsctlError when it can't: the claim stays then, so that nobody else is let in
 */
export async function putBack(interrupted: Subject): Promise<void> {
  // What is asked on the way back must not be given up by the very interruption that it answers to.
  const { grace } = interrupted.context;
  const subject = { ...interrupted, context: { ...interrupted.context, signal: grace } };
  const { context, volume, node, port, nqn, address, lock, trail } = subject;
  await step(context, 'put-back', `put ${volume.slot} back as it was: unattached`, async () => {
    // Whoever has the volume's lock by now may have attached it anew, to this very node.
    lock.assertHeld();
    const { controllers } = await port.disconnect({ nqn, address, cutOff: true }, { signal: context.grace });
    if (controllers.length > 0) {
      throw new RdsctlError('STALE_CONTROLLER', {
        message: `${node} still holds a controller of ${volume.slot} (${controllers.map(({ name, state }) => `${name} ${state}`).join(', ')})`,
        details: { node, volume: volume.key },
      });
    }
    const present = (await context.manager.state()).attachments[volume.key];
    if (present === undefined) return;
    if (present.intent === null) await detachLocked(context, volume, node, lock, trail);
    else await finishCut(subject, present.intent);
  });
}

/** A cut that was begun: made once more, read back and drained. */
async function finishCut({ context, server, volume, node, lock }: Subject, intent: Intent): Promise<void> {
  const { key, rds, slot } = volume;
  if (intent.verb !== 'fence' || intent.node !== node) {
    throw new RdsctlError('LOST_LOCK', {
      message: `${key} was taken over by another command (${intent.verb} of ${intent.node}, by ${intent.by})`,
      details: { volume: key },
    });
  }
  const { token } = intent;
  const [disk] = (await server.look([slot], { signal: context.grace })).disks;
  if (disk === undefined) {
    throw new RdsctlError('NO_SUCH_VOLUME', { message: `${rds} has no disk ${slot} any more` });
  }
  const state = await context.manager.state();
  const { text } = checkTag(state, volume, disk);
  const comment = formatComment(text, { owners: [], token, lineage: state.lineage });
  lock.assertHeld();
  await settleOne(context, server, { kind: 'revoke', slot, expectComment: disk.comment, comment });
  const left = await drain(context, server, [slot], context.clock.monotonic());
  if (left.has(slot)) {
    throw notDrained(rds, slot, left.get(slot) ?? null, context.config.fence.drainTimeout / 1000);
  }
  await context.manager.change((current) => completeDetach(current, { key, token, node }));
}
