import type { Attachment, Holder } from '../../attachment/attachment.ts';
import { unfinished } from '../../attachment/refusals.ts';
import { forgetFenced, holds, type VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Lock } from '../../state/lock.ts';
import { findSecond } from '../attach/second-in.ts';
import { audited, type Trail } from '../audited.ts';
import type { OperationContext } from '../context.ts';
import { lockOptions } from '../locking.ts';
import { requireNode, resolveVolume, type MayTouch } from '../resolve.ts';
import { lookAtVolume } from '../seen.ts';
import { release } from './release.ts';

export interface DetachRequest {
  readonly volume: string;
  /** Only from this node; null = from whoever has it. */
  readonly node: string | null;
}

export interface DetachResult {
  readonly volume: VolumeId;
  /** The attachment as it was before; null when there was none. */
  readonly before: Attachment | null;
  /** What is left of it: another holder of a shared volume; null when nobody has it. */
  readonly after: Attachment | null;
  readonly changed: boolean;
}

/**
 * Disconnects the node and withdraws the export. Not attached (to that node): success, nothing changed.
 * @throws RdsctlError DEVICE_IN_USE with what holds it, UNREACHABLE kinds (nothing is changed when the node
 *   can't be reached), and what the storage server refuses
 */
export async function detach(
  context: OperationContext,
  request: DetachRequest,
  mayTouch: MayTouch,
): Promise<DetachResult> {
  return audited(context, 'detach', request, async (trail) => {
    if (request.node !== null)
      requireNode(context, request.node, { command: 'detach', volume: request.volume });
    const volume = await resolveVolume(context, request.volume, mayTouch);
    trail.volume = volume.key;
    return context.locks.withLock(volume.key, lockOptions(context), (lock) =>
      detachLocked(context, volume, request.node, lock, trail),
    );
  });
}

/** The same, for callers that hold the volume's lock already (move, drain). */
export async function detachLocked(
  context: OperationContext,
  volume: VolumeId,
  node: string | null,
  lock: Lock,
  trail: Trail,
): Promise<DetachResult> {
  const before = await context.manager.getAttachment(volume.key);
  // A node's name given for a volume's must not look like a node that was freed.
  if (before === null && context.config.nodes[volume.slot] !== undefined)
    await lookAtVolume(context, context.server(volume.rds), volume.slot);
  if (before === null || (node !== null && !holds(before, node))) {
    return { volume, before, after: before, changed: false };
  }
  if (before.phase === 'fencing') throw unfinished(before);
  trail.token = before.token;
  if (before.phase === 'fenced') {
    await context.manager.change((state) => {
      // Within the commit: whoever lost the volume's lock must not drop what another one made of it.
      lock.assertHeld();
      return forgetFenced(state, volume.key, before.token);
    });
    return { volume, before, after: null, changed: true };
  }
  let present: Attachment | null = before;
  // The NQN of an export that any host could get into: while it was shared, or by a change by hand.
  let open: string | null = null;
  // The last admitted first: what is left of a shared volume is its owner.
  const leaving = [...before.holders].reverse().filter((holder) => node === null || holder.node === node);
  for (const [index, holder] of leaving.entries()) {
    if (present === null) break;
    try {
      const released = await release(context, volume, present, holder, {
        lock,
        trail,
        mayHoldOthers: open !== null,
      });
      present = released.after;
      open ??= released.wasOpen;
    } catch (error) {
      throw index === 0 ? error : afterTheFirst(error, volume, leaving[0], holder);
    }
  }
  if (open !== null && present !== null)
    await refuseThird(context, volume, open, leaving, present.holders[0]);
  return { volume, before, after: present, changed: true };
}

/**
 * Whoever stays is alone on the list again; any host could get in before that, and nobody ends its session.
 * @throws RdsctlError UNTRACKED_EXPORT; what the command was interrupted with: the detach is done by then
 */
async function refuseThird(
  context: OperationContext,
  volume: VolumeId,
  nqn: string,
  left: readonly Holder[],
  { node: owner }: Holder,
): Promise<void> {
  const done = `${volume.slot} was detached from ${left.map(({ node }) => node).join(' and ')}.`;
  let second: RdsctlError | null;
  try {
    second = await findSecond(context, { volume, nqn, owner }, context.signal);
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    throw error.with({
      now: `${done} Whether a third node got in while it was shared was not asked of all.`,
      hints: [{ when: 'To see who is connected:', run: 'rdsctl reconcile --dry-run' }],
    });
  }
  if (second !== null) throw second.with({ now: `${done} ${second.now ?? ''}` });
}

/** What is said of the second of two that share a volume must not hide that the first has lost it. */
function afterTheFirst(error: unknown, volume: VolumeId, first: Holder | undefined, second: Holder): unknown {
  if (!(error instanceof RdsctlError) || first === undefined) return error;
  const now = error.now?.replace(/^Nothing was changed[.:]? ?/, '') ?? '';
  const rest = now === '' ? `${second.node} still has it.` : now.charAt(0).toUpperCase() + now.slice(1);
  return error.with({ now: `${volume.slot} was detached from ${first.node}. ${rest}` });
}
