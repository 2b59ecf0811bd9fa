import type { Attachment } from '../../attachment/attachment.ts';
import { holds } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { step, type OperationContext } from '../context.ts';
import { withDeadline } from '../doctor/deadline.ts';
import type { NodeView } from '../ports/node.ts';
import { describeUse, subsystemOf, tellingUses } from '../seen.ts';
import { saysOfKeepers } from './kept.ts';
import { knownNode } from './known-node.ts';

/** What a fence would do, for whoever is to agree to it. */
export interface BeforeFence {
  readonly node: string;
  /** Slots of the volumes that it loses. */
  readonly volumes: readonly string[];
  /** What comes of volumes that it shares, a sentence each. */
  readonly shared: readonly string[];
  /** Null = nobody looked. */
  readonly look: NodeLook | null;
}

/** What the node is like just now. */
interface NodeLook {
  /** Null = it answers; else why it could not be asked. */
  readonly silent: string | null;
  /** What its volumes are used for there, `vol-1 is mounted on /srv`; empty when it did not tell. */
  readonly uses: readonly string[];
}

/**
 * What a fence of the node would do; with `looks`, also whether the node answers, and what it does with its
 * volumes. That takes no longer than a connection may (`timeouts.connect`), and nothing depends on it: a dead
 * node does not answer.
 * @param only names of volumes; empty = all of the node's
 * @throws RdsctlError BAD_NAME, NO_SUCH_NODE, STATE_*; what interrupts
 */
export async function beforeFence(
  context: OperationContext,
  name: string,
  only: readonly string[],
  looks: boolean,
): Promise<BeforeFence> {
  const state = await context.manager.state();
  const node = knownNode(context, state, name);
  const its = Object.values(state.attachments)
    .filter((attachment) => holds(attachment, node))
    .filter(({ slot, volume }) => only.length === 0 || only.includes(slot) || only.includes(volume));
  const held = its.map((attachment) => ({ key: attachment.volume, slot: attachment.slot, attachment }));
  return {
    node,
    volumes: its.map(({ slot }) => slot),
    shared: saysOfKeepers(context, state, node, held),
    look: looks ? await lookAtNode(context, node, its) : null,
  };
}

async function lookAtNode(
  context: OperationContext,
  node: string,
  its: readonly Attachment[],
): Promise<NodeLook> {
  if (context.config.nodes[node] === undefined) {
    return { silent: 'the configuration names it no more', uses: [] };
  }
  const usesOf = its.map(({ nqn }) => nqn).filter((nqn) => nqn !== null);
  try {
    const view = await step(context, 'look', `${node}: does it answer?`, () =>
      withDeadline(node, context.config.timeouts.connect, context.signal, (signal) =>
        context.node(node).observe({ usesOf, signal }),
      ),
    );
    return { silent: null, uses: its.flatMap(({ slot, nqn }) => usesIn(view, slot, nqn)) };
  } catch (error) {
    if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
    return { silent: error.message, uses: [] };
  }
}

function usesIn(view: NodeView, slot: string, nqn: string | null): string[] {
  const uses = nqn === null ? [] : (subsystemOf(view, nqn)?.uses ?? []);
  return tellingUses(uses).map((use) => `${slot} is ${describeUse(use)}`);
}
