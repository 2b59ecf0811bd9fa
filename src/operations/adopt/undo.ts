import { abandonAttach } from '../../attachment/transitions.ts';
import { isReason, RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Lock } from '../../state/lock.ts';
import { step, type OperationContext } from '../context.ts';
import type { Disk } from '../ports/storage-server.ts';
import { settleOne } from '../settle.ts';
import type { Adoptable } from './judge.ts';

/** How far an adopt came before it failed. */
interface Failed {
  readonly cause: unknown;
  readonly token: number;
  /** The state had the volume for this node before: an attach, or an adopt, that was not finished. */
  readonly claimedBefore: boolean;
  /** The change of the list was sent. */
  readonly sent: boolean;
  /** The disk as that change was read back; null when it was not. */
  readonly limited: Disk | null;
}

/**
 * Puts export and comment back as they were and drops the claim. It stays where that fails, where it is not
 * known what the storage server did, where another command has the volume now, and where it was there before:
 * what that claim stands for is not undone by an adopt.
 */
export async function undo(
  context: OperationContext,
  found: Adoptable,
  lock: Lock,
  at: Failed,
): Promise<unknown> {
  const { volume, node, disk } = found;
  const { cause, token, limited } = at;
  if (!(cause instanceof RdsctlError) || cause.reason === 'LOST_LOCK') return cause;
  if (limited === null && at.sent && !refusedForCertain(cause)) return half(cause, found);
  if (at.claimedBefore) return half(cause, found);
  try {
    lock.assertHeld();
    await step(context, 'undo', `undo: leave ${volume.slot} as it was`, async () => {
      if (limited !== null) {
        await settleOne(context, context.server(volume.rds), {
          kind: 'admit',
          slot: volume.slot,
          expectComment: limited.comment,
          comment: disk.comment,
          allow: disk.allow,
        });
      }
      await context.manager.change((current) => abandonAttach(current, { key: volume.key, token, node }));
    });
    return cause.with({
      now: `What was begun was undone: ${volume.slot} is as it was, connected and not in the state.`,
    });
  } catch (second) {
    if (isReason(second, 'LOST_LOCK')) return second.with({ cause });
    const why = second instanceof Error ? second.message : String(second);
    return half(cause, found, ` It could not be undone (${why}).`);
  }
}

/** Nothing was changed by it, and nothing will be. What another command changed meanwhile is not told by that. */
function refusedForCertain(cause: RdsctlError): boolean {
  return (
    isReason(cause, 'REMOTE_ERROR', 'NOT_PERMITTED', 'NO_SUCH_VOLUME') &&
    cause.details['outcome'] !== 'unknown'
  );
}

/** The same error, with what it leaves behind: the claim. */
export function half(cause: unknown, { volume, node }: Adoptable, why = ''): unknown {
  if (!(cause instanceof RdsctlError) || cause.reason === 'LOST_LOCK') return cause;
  return cause.with({
    now: `${volume.slot} stays connected, and claimed for ${node}.${why}`,
    hints: [...cause.hints, { when: 'To finish:', run: `rdsctl adopt ${volume.slot}` }],
  });
}
