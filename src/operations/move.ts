import { nodeFenced } from '../attachment/refusals.ts';
import { holds } from '../attachment/transitions.ts';
import { isReason, RdsctlError } from '../errors/rdsctl-error.ts';
import { attachLocked } from './attach/attach.ts';
import type { AttachResult } from './attach/request.ts';
import { audited } from './audited.ts';
import type { State } from '../state/state.ts';
import { step, type OperationContext } from './context.ts';
import { detachLocked } from './detach/detach.ts';
import { identityOf } from './identity.ts';
import { lockOptions } from './locking.ts';
import { preflight } from './preflight.ts';
import { requireNode, resolveVolume, type MayTouch } from './resolve.ts';

export interface MoveResult extends AttachResult {
  /** Where it was; empty when it was nowhere. */
  readonly from: readonly string[];
}

/**
 * Detaches a volume where it is and attaches it to a node, under one lock. The node is looked at before
 * anything is taken away. A failure on the way leaves the volume on neither node or on the first, never on
 * both.
 */
export async function move(
  context: OperationContext,
  request: { readonly volume: string; readonly node: string },
  mayTouch: MayTouch,
): Promise<MoveResult> {
  return audited(context, 'move', request, async (trail) => {
    const node = requireNode(context, request.node, { command: 'move', volume: request.volume });
    const volume = await resolveVolume(context, request.volume, mayTouch);
    trail.volume = volume.key;
    return context.locks.withLock(volume.key, lockOptions(context), async (lock) => {
      const state = await context.manager.state();
      const mark = state.nodes[node]?.fenced;
      if (mark) throw nodeFenced(node, mark);
      const present = state.attachments[volume.key];
      const attachRequest = { ...request, shared: null, takeOver: false };
      const from = present?.phase === 'fenced' ? [] : (present?.holders.map((holder) => holder.node) ?? []);
      const alone = present !== undefined && holds(present, node) && present.holders.length === 1;
      if (from.length > 0 && !alone) {
        await targetReady(context, state, node);
        for (const leaving of from.filter((other) => other !== node)) {
          await detachLocked(context, volume, leaving, lock, trail);
        }
      }
      try {
        return { ...(await attachLocked(context, volume, attachRequest, lock, trail)), from };
      } catch (error) {
        const moved = from.length > 0 && !alone;
        throw moved && error instanceof RdsctlError ? left(error, volume.slot, from[0] ?? '', node) : error;
      }
    });
  });
}

/** Whatever would make the attach be refused because of the node is found before anything is taken away. */
async function targetReady(context: OperationContext, state: State, node: string): Promise<void> {
  const port = context.node(node);
  const view = await step(context, 'target', `${node}: is it ready?`, () =>
    port.observe({ usesOf: [], signal: context.signal }),
  );
  preflight(context, node, view);
  identityOf(context, state, node, view);
}

function left(error: RdsctlError, slot: string, first: string, node: string): RdsctlError {
  // An attach that changed nothing says so, or was interrupted without a word; the move changed something.
  const nowhere = `${slot} is attached nowhere`;
  const silent = isReason(error, 'INTERRUPTED', 'TIMED_OUT') ? `${nowhere}.` : '';
  const now = error.now?.replace(/^Nothing was changed/, nowhere) ?? silent;
  return error.with({
    now: `${slot} was detached from ${first}. ${now}`.trim(),
    hints: [
      ...error.hints,
      { when: 'To try again:', run: `rdsctl attach ${slot} ${node}` },
      { when: 'To go back:', run: `rdsctl attach ${slot} ${first}` },
    ],
  });
}
