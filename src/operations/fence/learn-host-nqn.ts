import { isHostNqn } from '../../attachment/host-nqn.ts';
import { rememberHostNqn } from '../../attachment/transitions.ts';
import type { State } from '../../state/state.ts';
import type { OperationContext } from '../context.ts';
import type { NodeView } from '../ports/node.ts';
import { alsoGranted, type Target, type Targets } from './targets.ts';

/** The host NQN that the configuration or the state has of a node; null where neither knows it. */
export function knownHostNqn(context: OperationContext, state: State, node: string): string | null {
  return context.config.nodes[node]?.hostNqn ?? state.nodes[node]?.hostNqn ?? null;
}

/** Those of all other nodes, as far as they are known. */
export function hostNqnsOfOthers(context: OperationContext, state: State, node: string): ReadonlySet<string> {
  const names = new Set([...Object.keys(context.config.nodes), ...Object.keys(state.nodes)]);
  names.delete(node);
  const holders = Object.values(state.attachments).flatMap((attachment) => attachment.holders);
  return new Set([
    ...[...names].flatMap((name) => knownHostNqn(context, state, name) ?? []),
    ...holders.filter((holder) => holder.node !== node).flatMap(({ hostNqn }) => hostNqn ?? []),
  ]);
}

/**
 * A node that rdsctl never attached anything to, and whose host NQN is not configured, may have been given volumes by
 * hand: where it answers, it says itself by which name. That is remembered when an export names it.
 * @returns what it must be cut off from besides; not where another node is known by that host NQN
 */
export async function learnedTargets(
  context: OperationContext,
  node: string,
  view: NodeView | null,
  { targets, only }: { readonly targets: Targets; readonly only: ReadonlySet<string> | null },
): Promise<readonly Target[]> {
  const told = view?.hostNqnFile ?? null;
  if (told === null || !isHostNqn(told)) return [];
  const before = await context.manager.state();
  if (knownHostNqn(context, before, node) !== null) return [];
  if (hostNqnsOfOthers(context, before, node).has(told)) return [];
  const learned: State = { ...before, ...rememberHostNqn(before, node, told) };
  const found = alsoGranted(context, learned, node, targets, only);
  if (found.length > 0) await context.manager.change((state) => rememberHostNqn(state, node, told));
  return found;
}
