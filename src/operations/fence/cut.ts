import { formatComment } from '../../attachment/tag.ts';
import type { Holder } from '../../attachment/attachment.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import type { Trail } from '../audited.ts';
import { checkTag, type Claim } from '../claims.ts';
import { step, type OperationContext } from '../context.ts';
import { drain, notDrained } from '../drain.ts';
import type { DiskChange } from '../ports/storage-server.ts';
import { settle, settleOne, type Settled } from '../settle.ts';
import type { FencedVolume } from './report.ts';
import type { Target } from './targets.ts';

/** What a cut came to, and the token it took. */
export interface Cut {
  readonly volume: FencedVolume;
  readonly token: number;
}

interface Plan {
  readonly target: Target;
  readonly claim: Claim;
  readonly token: number;
  readonly lineage: string;
  readonly change: DiskChange;
  /** Who keeps a volume that was shared. */
  readonly stays: Holder | null;
}

/**
 * Cuts a node off from its volumes of one storage server, in one exec for all of them. Volumes are locked
 * and their intents on disk.
 */
export async function cutVolumes(
  context: OperationContext,
  node: string,
  state: State,
  targets: readonly Target[],
  trail: Trail,
): Promise<Cut[]> {
  const results = new Map<string, Cut>();
  const plans: Plan[] = [];
  for (const target of targets) {
    const token = state.tokens[target.key] ?? 0;
    try {
      const plan = planCut(node, state, target);
      if (plan === 'already') results.set(target.key, { token, volume: entry(target, 'already', null) });
      else plans.push(plan);
    } catch (error) {
      results.set(target.key, { token, volume: failedEntry(target, error) });
    }
  }
  const [first] = targets;
  if (plans.length > 0 && first !== undefined) {
    const { rds } = first;
    const slots = plans.map(({ target }) => target.slot);
    trail.changed(rds, `revoke ${slots.join(' ')}`);
    await step(context, `cut-${rds}`, `${rds}: cut ${node} off from ${slots.join(', ')}`, async () => {
      const settled = await settledOrFailed(context, rds, plans);
      const off = plans.filter((_, index) => settled[index]?.ok === true);
      const left = await drain(
        context,
        context.server(rds),
        off.map(({ target }) => target.slot),
        context.clock.monotonic(),
      );
      for (const [index, plan] of plans.entries()) {
        const outcome = settled[index];
        results.set(plan.target.key, {
          token: plan.token,
          volume: await concluded(context, rds, plan, outcome, left),
        });
      }
    });
  }
  return targets.map(({ key }) => results.get(key)).filter((cut) => cut !== undefined);
}

/** A server that can't be asked fails all of its volumes; the other servers' go on. */
async function settledOrFailed(
  context: OperationContext,
  rds: string,
  plans: readonly Plan[],
): Promise<readonly Settled[]> {
  try {
    return await settle(
      context,
      context.server(rds),
      plans.map(({ change }) => change),
    );
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return plans.map(({ target }) => ({ slot: target.slot, ok: false, error }));
  }
}

function planCut(node: string, state: State, target: Target): Plan | 'already' {
  const { attachment, disk } = target;
  if (disk === null)
    throw target.error ?? new RdsctlError('INTERNAL', { message: 'a target that was not seen' });
  const claim = checkTag(state, target, disk, node);
  if (attachment?.phase === 'fenced' && !disk.exported) return 'already';
  const token = state.tokens[target.key] ?? 0;
  const comment = formatComment(claim.text, { owners: [], token, lineage: state.lineage });
  return {
    target,
    claim,
    token,
    lineage: state.lineage,
    stays: keeper(state, target, node),
    change: { kind: 'revoke', slot: target.slot, expectComment: disk.comment, comment },
  };
}

/**
 * The other one of two that share it, unless that one is fenced as well. Who had it alone while the storage server
 * let the fenced node in is not given it back unseen: its controllers would replay old writes (law 10).
 */
export function keeper(
  state: State,
  { key, attachment }: Pick<Target, 'key' | 'attachment'>,
  node: string,
): Holder | null {
  if (attachment === null || attachment.sharedUntil === null) return null;
  const isFenced = (other: string): boolean => state.nodes[other]?.fenced?.volumes.includes(key) === true;
  return attachment.holders.find((holder) => holder.node !== node && !isFenced(holder.node)) ?? null;
}

async function concluded(
  context: OperationContext,
  rds: string,
  plan: Plan,
  settled: Settled | undefined,
  left: ReadonlyMap<string, number | null>,
): Promise<FencedVolume> {
  const { target, stays, claim, token, lineage } = plan;
  if (settled?.ok !== true) return failedEntry(target, settled?.error ?? null);
  if (left.has(target.slot)) {
    const inFlight = left.get(target.slot) ?? null;
    const seconds = context.config.fence.drainTimeout / 1000;
    const error = notDrained(rds, target.slot, inFlight, seconds).with({ details: { outcome: 'unknown' } });
    return { ...failedEntry(target, error), inFlight };
  }
  if (stays === null || stays.hostNqn === null) return entry(target, 'fenced', null);
  // The owner who keeps it was cut with it (an export can't be ended for one host alone); it reconnects by
  // itself as soon as the export is back, for it alone.
  try {
    await settleOne(context, context.server(rds), {
      kind: 'grant',
      slot: target.slot,
      expectComment: settled.disk.comment,
      comment: formatComment(claim.text, {
        owners: [stays.node],
        token,
        lineage,
      }),
      allow: stays.hostNqn,
      pinNqn: null,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.report({
      type: 'warning',
      message: `${target.slot} could not be exported to ${stays.node} again: ${why}. Run: rdsctl attach ${target.slot} ${stays.node}`,
    });
  }
  return entry(target, 'fenced', stays.node);
}

/** A volume that the node is cut off from, proved. */
export function entry(target: Target, result: 'fenced' | 'already', keptBy: string | null): FencedVolume {
  return {
    volume: target.key,
    rds: target.rds,
    slot: target.slot,
    result,
    verified: true,
    inFlight: 0,
    tracked: target.attachment !== null,
    keptBy,
    error: null,
  };
}

/** A volume that the node is not proved to be cut off from. */
export function failedEntry(target: Target, error: unknown): FencedVolume {
  return {
    volume: target.key,
    rds: target.rds,
    slot: target.slot,
    result: 'failed',
    verified: false,
    inFlight: null,
    tracked: target.attachment !== null,
    keptBy: null,
    error:
      error instanceof RdsctlError
        ? error
        : new RdsctlError('INTERNAL', { message: String(error), cause: error }),
  };
}
