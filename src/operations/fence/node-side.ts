import { holds } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import { step, type OperationContext } from '../context.ts';
import type { NodeView } from '../ports/node.ts';
import { subsystemOf } from '../seen.ts';
import type { FencedVolume, FenceReport } from './report.ts';
import type { Targets } from './targets.ts';

/** What the node says of itself, or why it said nothing. */
export type NodeAnswer =
  { readonly view: NodeView } | { readonly view: null; readonly nodeSide: 'unreachable' | 'interrupted' };

/** A dead node does not answer: that is what fence is for. */
export async function askNode(context: OperationContext, node: string): Promise<NodeAnswer> {
  if (context.config.nodes[node] === undefined) return { view: null, nodeSide: 'unreachable' };
  return answered(context, async () => ({
    view: await step(context, 'ask-node', `${node}: does it answer, and what does it hold?`, () =>
      context.node(node).observe({ usesOf: [], signal: context.signal }),
    ),
  }));
}

/**
 * Tells the node, if it answers, to drop its controllers of volumes it was cut off from: they would go on
 * retrying for minutes, with writes in their queues. Nothing depends on it; the cut is at the storage server.
 */
export async function dropOnNode(
  context: OperationContext,
  node: string,
  state: State,
  { targets, volumes, answer }: { targets: Targets; volumes: readonly FencedVolume[]; answer: NodeAnswer },
): Promise<FenceReport['nodeSide']> {
  if (answer.view === null) return answer.nodeSide;
  const { view } = answer;
  const cut = new Set(volumes.filter(({ verified }) => verified).map(({ volume }) => volume));
  for (const key of state.nodes[node]?.fenced?.volumes ?? []) {
    // Cut off by an earlier fence; not one that this fence was to leave alone, or could not prove.
    const present = state.attachments[key];
    const stillIts = present !== undefined && present.phase !== 'fenced' && holds(present, node);
    if (!stillIts && !targets.volumes.some((target) => target.key === key)) cut.add(key);
  }
  const port = context.node(node);
  const outcome = await answered(context, () =>
    step(context, 'node', `${node}: drop dead controllers`, async () => {
      const held = [...cut].sort().flatMap((key) => {
        const disk = targets.disks.get(key);
        const holds = disk !== undefined && (subsystemOf(view, disk.nqn)?.controllers.length ?? 0) > 0;
        return holds ? [{ disk, address: context.server(key.slice(0, key.indexOf('/'))).nvmeAddress }] : [];
      });
      // All at once: one script carries them.
      const left = await Promise.all(
        held.map(async ({ disk, address }) => {
          const request = { nqn: disk.nqn, address, cutOff: true };
          return (await port.disconnect(request, { signal: context.grace })).controllers;
        }),
      );
      let nodeSide: FenceReport['nodeSide'] = 'clean';
      for (const [index, { disk }] of held.entries()) {
        const controllers = left[index] ?? [];
        if (controllers.length > 0) {
          context.report({
            type: 'warning',
            message: `${node} still shows ${controllers.map(({ name, state: is }) => `${name} (${is})`).join(', ')} for ${disk.slot}; it is cut off all the same`,
          });
          nodeSide = 'left';
        } else if (nodeSide === 'clean') nodeSide = 'dropped';
      }
      return { nodeSide };
    }),
  );
  return outcome.nodeSide;
}

async function answered<T>(
  context: OperationContext,
  ask: () => Promise<T>,
): Promise<T | { readonly view: null; readonly nodeSide: 'unreachable' | 'interrupted' }> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return { view: null, nodeSide: context.signal.aborted ? 'interrupted' : 'unreachable' };
  }
}
