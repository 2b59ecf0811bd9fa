import { minute } from '../attachment/refusals.ts';
import { liftFence } from '../attachment/transitions.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { FencedMark, State } from '../state/state.ts';
import { audited, type Trail } from './audited.ts';
import { checkpoint, step, type OperationContext } from './context.ts';
import { blockNode, unblockNode, unblockStale } from './firewall/block.ts';
import { knownNode } from './fence/known-node.ts';
import { lookForLeftovers } from './unfence-look.ts';

export interface UnfenceResult {
  readonly node: string;
  /** The mark that was lifted; null when the node was not fenced. */
  readonly mark: FencedMark | null;
  /** Volumes that were listed as fenced off the node and are untracked now. */
  readonly released: readonly string[];
  readonly changed: boolean;
}

/**
 * Lifts the mark, after the node itself shows that no controller and no mount of the volumes it was cut off
 * from is left. `force` skips that look.
 * @throws RdsctlError STALE_CONTROLLER, DEVICE_IN_USE, UNREACHABLE kinds, OPEN_INTENT, NO_SUCH_VOLUME (one that
 *   it was cut off from is nowhere), CHANGED_MEANWHILE (it was fenced again)
 */
export async function unfence(
  context: OperationContext,
  request: { readonly node: string; readonly force: boolean },
): Promise<UnfenceResult> {
  return audited(context, 'unfence', { volume: null, node: request.node }, async (trail) => {
    const state = await context.manager.state();
    const node = knownNode(context, state, request.node);
    const mark = state.nodes[node]?.fenced ?? null;
    if (mark === null) {
      return { node, mark, released: [], changed: await unblockStale(context, node, trail) };
    }
    refuseUnfinished(state, node);
    if (request.force) {
      context.report({
        type: 'warning',
        message: `${node} was not checked for stale controllers and mounts of ${mark.volumes.join(', ') || 'its old volumes'}`,
      });
    } else {
      await lookForLeftovers(context, state, node, mark);
    }
    checkpoint(context);
    const unblocked = await letThrough(context, node, request.force, trail);
    const released = Object.values(state.attachments)
      .filter(({ phase, holders }) => phase === 'fenced' && holders[0].node === node)
      .map(({ volume }) => volume);
    try {
      await step(context, 'state', `state: lift the mark of ${node}`, () =>
        context.manager.change((current) => {
          refuseUnfinished(current, node);
          refuseAnotherFence(current, node, mark);
          return liftFence(current, node);
        }),
      );
    } catch (error) {
      const now = await context.manager.state();
      if (unblocked && (now.nodes[node]?.fenced ?? null) !== null) await blockNode(context, node, now, trail);
      throw error;
    }
    return { node, mark, released, changed: true };
  });
}

/**
 * Off the firewalls' lists first: a mark that is lifted must not leave a node that reaches nothing.
 * @returns whether it was on any, so that it has to be put back should the mark stay
 */
async function letThrough(
  context: OperationContext,
  node: string,
  force: boolean,
  trail: Trail,
): Promise<boolean> {
  try {
    return await unblockNode(context, node, trail);
  } catch (error) {
    if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
    if (!force) {
      throw error.with({
        now: `${node} stays fenced: the firewalls of the storage servers may still drop what it sends.`,
        hints: [
          ...error.hints,
          { when: 'To lift the mark all the same:', run: `rdsctl unfence ${node} --force` },
        ],
      });
    }
    context.report({
      type: 'warning',
      message: `${node} may still be on the list of fenced nodes of a firewall: ${error.message}. Later: rdsctl unfence ${node}`,
    });
    return false;
  }
}

/** A fence that is not proved yet must be finished first. */
function refuseUnfinished(state: State, node: string): void {
  const open = Object.values(state.attachments).filter(
    ({ phase, intent }) => phase === 'fencing' && intent?.node === node,
  );
  if (open.length === 0) return;
  throw new RdsctlError('OPEN_INTENT', {
    message: `${node} is not proved to be cut off from ${open.map(({ slot }) => slot).join(', ')} yet`,
    now: `Nothing was changed. Treat ${node} as still connected.`,
    hints: [{ when: 'To finish the fence:', run: `rdsctl fence ${node}` }],
    details: { node, volumes: open.map(({ volume }) => volume) },
  });
}

/** What was looked at, or what the operator overruled, was the fence of then: another one stands. */
function refuseAnotherFence(state: State, node: string, judged: FencedMark): void {
  const mark = state.nodes[node]?.fenced ?? null;
  if (mark === null) return;
  const isSame =
    mark.since === judged.since &&
    mark.volumes.length === judged.volumes.length &&
    mark.volumes.every((key) => judged.volumes.includes(key));
  if (isSame) return;
  throw new RdsctlError('CHANGED_MEANWHILE', {
    message: `${node} was fenced again while it was looked at (since ${minute(mark.since)}, by ${mark.by}, off ${mark.volumes.join(', ') || 'no volume'})`,
    now: `${node} stays fenced.`,
    hints: [{ when: 'When it is in order again:', run: `rdsctl unfence ${node}` }],
    details: { node, since: mark.since, volumes: mark.volumes },
  });
}
