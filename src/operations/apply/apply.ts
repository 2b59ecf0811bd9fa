import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { attach } from '../attach/attach.ts';
import { audited } from '../audited.ts';
import { eachVolume, partial } from '../bulk.ts';
import type { OperationContext } from '../context.ts';
import { detach } from '../detach.ts';
import { move } from '../move.ts';
import type { MayTouch } from '../resolve.ts';
import type { Change, Plan } from './plan.ts';

/** What a change came to. */
export interface Applied {
  readonly change: Change;
  /** `unchanged`: another command had done it by then. */
  readonly result: 'done' | 'unchanged' | 'failed';
  /** The block device on the node, after an attach or move. */
  readonly device: string | null;
  readonly error: RdsctlError | null;
}

export interface ApplyResult {
  readonly applied: readonly Applied[];
  readonly changed: boolean;
  /** PARTIAL, when a change failed; the command ends with it. */
  readonly failure: RdsctlError | null;
}

/**
 * Makes the changes of a plan, many volumes at a time. Each is the very operation that it would be alone, so it
 * looks again before it changes anything; one that fails does not stop the others.
 */
export async function applyPlan(
  context: OperationContext,
  plan: Plan,
  mayTouch: MayTouch,
): Promise<ApplyResult> {
  const { changes } = plan;
  if (changes.length === 0) return { applied: [], changed: false, failure: null };
  return audited(
    context,
    'apply',
    { volume: changes.map(({ key }) => key).join(' '), node: null },
    async () => {
      for (const rds of new Set(changes.map((change) => change.rds))) {
        if (context.config.storageServers[rds] !== undefined) context.server(rds).open();
      }
      const outcomes = await eachVolume(context, changes, (own, change) => apply(own, change, mayTouch));
      const applied = changes.map((change, index): Applied => {
        const outcome = outcomes[index];
        if (outcome === undefined)
          throw new RdsctlError('INTERNAL', { message: 'a change without an outcome' });
        if (outcome.error !== null) return { change, result: 'failed', device: null, error: outcome.error };
        const { changed, device } = outcome.result;
        return { change, result: changed ? 'done' : 'unchanged', device, error: null };
      });
      const failed = applied.flatMap(({ change, error }) =>
        error === null ? [] : [{ volume: change.slot, error }],
      );
      return {
        applied,
        changed: applied.some(({ result }) => result === 'done'),
        failure: partial(failed, {
          message: `${failed.length} of ${changes.length} changes failed`,
          again: { when: 'See what holds now:', run: 'rdsctl list' },
        }),
      };
    },
  );
}

async function apply(
  context: OperationContext,
  { key, action, from, node }: Change,
  mayTouch: MayTouch,
): Promise<{ changed: boolean; device: string | null }> {
  if (node === null || action === 'detach') {
    // Only from whom it was seen on: somebody may have moved it since.
    const [only] = from;
    const { changed } = await detach(
      context,
      { volume: key, node: from.length === 1 ? (only ?? null) : null },
      mayTouch,
    );
    return { changed, device: null };
  }
  if (action === 'move') return move(context, { volume: key, node }, mayTouch);
  return attach(context, { volume: key, node, shared: null, takeOver: false }, mayTouch);
}
