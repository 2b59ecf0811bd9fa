import type { NodePort, NodeView } from '../operations/ports/node.ts';
import { together } from './together.ts';

/** A node that is looked at once for all who want to look at about the same time. */
export function batchingNode(node: NodePort): NodePort {
  const observe = together<readonly string[], NodeView>(async (asks, signal) => {
    const usesOf = [...new Set(asks.flat())];
    const view = await node.observe({ usesOf, ...(signal === undefined ? {} : { signal }) });
    return asks.map(() => view);
  }, 'alone');
  return { ...node, observe: ({ usesOf, signal }) => observe(usesOf, signal) };
}
