import { NOBODY } from '../../attachment/host-nqn.ts';
import { parseComment } from '../../attachment/tag.ts';
import { abandonAttach, holds } from '../../attachment/transitions.ts';
import { isReason, RdsctlError } from '../../errors/rdsctl-error.ts';
import { checkTag } from '../claims.ts';
import { step, type OperationContext } from '../context.ts';
import { drain, notDrained } from '../drain.ts';
import { noVolume } from '../resolve.ts';
import type { Disk } from '../ports/storage-server.ts';
import { settleOne } from '../settle.ts';
import type { Hands } from './hands.ts';
import type { Picture } from './picture.ts';
import { findSecond } from './second-in.ts';

const NOT_OURS = 'Another command has the volume now; nothing more was changed.';

/**
 * After a failure: what was granted is withdrawn and read back, then the claim is dropped, and the first
 * cause reported. Where that fails the claim stays, and the error says so.
 */
export async function undo(
  context: OperationContext,
  picture: Picture,
  hands: Hands,
  at: {
    cause: unknown;
    granted: boolean;
    /** Sessions were ended, and it is not proved that nothing of them is in flight. */
    undrained: boolean;
    token: number;
    comment: (owners: readonly string[]) => string;
  },
): Promise<unknown> {
  const { volume, node, disk, transport, present, sharing } = picture;
  const cause =
    at.cause instanceof RdsctlError
      ? at.cause
      : new RdsctlError('INTERNAL', { message: String(at.cause), cause: at.cause });
  if (cause.reason === 'LOST_LOCK' || cause.reason === 'CHANGED_MEANWHILE') {
    return cause.with({ now: NOT_OURS });
  }
  if (present !== undefined && holds(present, node) && present.phase === 'attached') {
    // It was this node's before: its own export is not taken away because something failed now.
    return cause.with({
      now: `${volume.slot} stays claimed for ${node}; what was begun is finished by the next attach.`,
      hints: [...cause.hints, { when: 'To try again:', run: `rdsctl attach ${volume.slot} ${node}` }],
    });
  }
  if (at.undrained) {
    // Without the claim the next attach would find a volume that nobody has, and grant it at once.
    return cause.with({
      now: `Old sessions of ${volume.slot} were ended, but a write of theirs may still land: it stays claimed for ${node}, and was granted to nobody.`,
      hints: [
        { when: 'To try again when the disks are quiet:', run: `rdsctl attach ${volume.slot} ${node}` },
        { when: 'To give the claim up then:', run: `rdsctl detach ${volume.slot}` },
      ],
    });
  }
  let narrowed: boolean;
  try {
    hands.lock.assertHeld();
    narrowed = await step(context, 'undo', `undo: withdraw ${volume.slot} from ${node}`, async () => {
      const wasOpen = at.granted && (await withdraw(context, picture, hands, at));
      await context.manager.change((current) =>
        abandonAttach(current, { key: volume.key, token: at.token, node }),
      );
      return wasOpen;
    });
  } catch (second) {
    if (isReason(second, 'LOST_LOCK')) return second.with({ now: NOT_OURS, cause });
    const why = second instanceof Error ? second.message : String(second);
    return cause.with({
      now: `It could not be undone (${why}). ${volume.slot} stays claimed for ${node}: treat it as attached there.`,
      hints: [
        { when: 'To finish it:', run: `rdsctl attach ${volume.slot} ${node}` },
        { when: 'To undo it:', run: `rdsctl detach ${volume.slot}` },
      ],
      details: { ...cause.details, undo: why, nqn: disk.nqn, ...transport },
    });
  }
  const where =
    sharing === null
      ? `${volume.slot} is attached nowhere`
      : `${volume.slot} stays with ${sharing.owners.join(' and ')}`;
  const done = cause.with({ now: `What was begun was undone: ${where}.` });
  const [owner] = sharing?.owners ?? [];
  return narrowed && owner !== undefined ? withThird(context, picture, owner, done) : done;
}

/** While the export was open any host could get in: who did is told beside the cause. */
async function withThird(
  context: OperationContext,
  { volume, disk }: Picture,
  owner: string,
  done: RdsctlError,
): Promise<RdsctlError> {
  try {
    const third = await findSecond(context, { volume, nqn: disk.nqn, owner }, context.grace);
    if (third === null) return done;
    return done.with({
      now: `${done.now ?? ''} But ${third.message}. ${third.now ?? ''}`,
      hints: [...done.hints, ...third.hints],
    });
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return done.with({
      now: `${done.now ?? ''} Whether a third node got in meanwhile was not asked of all.`,
      hints: [...done.hints, { when: 'To see who is connected:', run: 'rdsctl reconcile --dry-run' }],
    });
  }
}

/** @returns whether any host could get in until now, and only the owner from now on */
async function withdraw(
  context: OperationContext,
  picture: Picture,
  hands: Hands,
  at: { cause: unknown; token: number; comment: (owners: readonly string[]) => string },
): Promise<boolean> {
  const { volume, disk, sharing, transport } = picture;
  const [now] = (await hands.server.look([volume.slot], { signal: context.grace })).disks;
  if (now === undefined) throw noVolume(volume.slot, [volume.rds]);
  checkTag(await context.manager.state(), volume, now);
  refuseTakenOver(picture, at.token, now);
  if (sharing !== null) {
    const gone = await hands.port.disconnect(
      { nqn: disk.nqn, address: transport.address },
      { signal: context.grace },
    );
    if (gone.controllers.length > 0)
      throw new RdsctlError('STALE_CONTROLLER', { message: `${picture.node} is still connected` });
    await settleOne(context, hands.server, {
      kind: 'admit',
      slot: volume.slot,
      expectComment: now.comment,
      comment: at.comment(sharing.owners),
      allow: sharing.hostNqn,
    });
    return now.exported && now.allow === '';
  }
  if (!now.exported && now.allow === NOBODY) {
    // Refused for certain: there is nothing to withdraw. Anything else may still be under way there, and would
    // land; another comment is what stops it, or else the claim stays.
    const { cause } = at;
    const refused = isReason(cause, 'REMOTE_ERROR', 'NOT_PERMITTED', 'NO_SUCH_VOLUME');
    if (refused && cause.details['outcome'] !== 'unknown') return false;
    if (now.comment === at.comment([])) {
      throw new RdsctlError('NOT_VERIFIED', {
        message: `the grant of ${volume.slot} may still be under way at ${volume.rds}`,
      });
    }
  }
  hands.trail.changed(volume.rds, `revoke ${volume.slot}`);
  await settleOne(context, hands.server, {
    kind: 'revoke',
    slot: volume.slot,
    expectComment: now.comment,
    comment: at.comment([]),
  });
  const cutAt = context.clock.monotonic();
  // The node may have connected. It lets go now; what it can't be asked is cut off and drained all the same.
  try {
    await hands.port.disconnect({ nqn: disk.nqn, address: transport.address }, { signal: context.grace });
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    context.report({
      type: 'warning',
      message: `${picture.node} could not be told to drop its controller: ${error.message}`,
    });
  }
  const left = await drain(context, hands.server, [volume.slot], cutAt);
  if (left.size > 0)
    throw notDrained(
      volume.rds,
      volume.slot,
      left.get(volume.slot) ?? null,
      context.config.fence.drainTimeout / 1000,
    );
  return false;
}

/**
 * A process that was stopped for long, and lost its lock, fails because the volume is another's by now: what it
 * finds then at the storage server is not what it granted, and not its to withdraw.
 * @throws RdsctlError LOST_LOCK
 */
function refuseTakenOver({ volume, node, sharing }: Picture, token: number, now: Disk): void {
  const { tag } = parseComment(now.comment);
  if (tag === null || tag === 'unreadable' || tag.token < token) return;
  const ours = [node, ...(sharing?.owners ?? [])];
  if (tag.token === token && tag.owners.every((owner) => ours.includes(owner))) return;
  throw new RdsctlError('LOST_LOCK', {
    message: `${volume.slot} was taken over on ${volume.rds} by another command: token ${tag.token} for ${tag.owners.join(' and ') || 'nobody'}`,
    hints: [{ when: 'See what holds now:', run: `rdsctl show ${volume.key}` }],
    details: { volume: volume.key, tag },
  });
}
