import type { Config } from '../../config/config.ts';
import type { State } from '../../state/state.ts';
import { FENCE_LIST, type FenceEntry } from '../ports/firewall.ts';

/**
 * The command that removes entries of a node which is not fenced: `unfence`, but where neither state nor
 * configuration knows the node, which `unfence` refuses, the line for the storage server itself.
 * @param entries of our own tag: what stands in their comments is known
 */
export function removalOf(
  rds: string,
  node: string,
  entries: readonly FenceEntry[],
  known: { readonly config: Pick<Config, 'nodes'>; readonly state: State },
): string {
  if (known.config.nodes[node] !== undefined || Object.hasOwn(known.state.nodes, node)) {
    return `rdsctl unfence ${node}`;
  }
  const lines = entries.map(
    ({ family, comment }) =>
      `${family === 6 ? '/ipv6' : '/ip'}/firewall/address-list/remove [find where list=${FENCE_LIST} comment="${comment}"]`,
  );
  return `${[...new Set(lines)].join('; ')}   # on ${rds}`;
}
