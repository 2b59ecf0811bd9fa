import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { attach } from '../attach/attach.ts';
import { audited } from '../audited.ts';
import { eachVolume, partial } from '../bulk.ts';
import type { OperationContext } from '../context.ts';
import { detach } from '../detach/detach.ts';
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
      const done = restingNodes(context, changes);
      const order = byGroupsOfNodes(changes);
      const outcomes = await eachVolume(context, order, async (own, change) => {
        try {
          return await apply(own, change, mayTouch);
        } finally {
          await done(change);
        }
      });
      const outcomeOf = new Map(order.map((change, index) => [change, outcomes[index]]));
      const applied = changes.map((change): Applied => {
        const outcome = outcomeOf.get(change);
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

/** So many nodes are worked on side by side: enough to keep a storage server busy. */
const NODES_AT_ONCE = 32;

/**
 * The changes in the order they are begun: those of some nodes before those of the next, however the names of volumes
 * and nodes go together, so that no more connections stand than can be used.
 */
function byGroupsOfNodes(changes: readonly Change[]): readonly Change[] {
  const nodeOf = ({ node, from }: Change): string => node ?? from[0] ?? '';
  const nodes = new Map([...new Set(changes.map(nodeOf))].map((name, index) => [name, index]));
  const group = (change: Change): number => Math.floor((nodes.get(nodeOf(change)) ?? 0) / NODES_AT_ONCE);
  return [...changes].sort((a, b) => group(a) - group(b));
}

/**
 * Called with each change that has ended: a node that no other change has to do with is disconnected. A fleet's
 * connections would all stand until the command ends, at a megabyte each.
 */
function restingNodes(
  context: OperationContext,
  changes: readonly Change[],
): (change: Change) => Promise<void> {
  const left = new Map<string, number>();
  const nodesOf = ({ from, node }: Change): readonly string[] =>
    [...new Set([...from, ...(node === null ? [] : [node])])].filter(
      (name) => context.config.nodes[name] !== undefined,
    );
  for (const name of changes.flatMap(nodesOf)) left.set(name, (left.get(name) ?? 0) + 1);
  return async (change) => {
    for (const name of nodesOf(change)) {
      const others = (left.get(name) ?? 0) - 1;
      left.set(name, others);
      if (others === 0) await context.node(name).rest();
    }
  };
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
