import type { Config } from '../../config/config.ts';
import { sameAddress } from '../seen.ts';

/** The configured addresses of a node, and which are not its alone: those would cut another node off as well. */
export interface NodeAddresses {
  readonly own: readonly string[];
  readonly shared: readonly { readonly address: string; readonly twin: string }[];
}

/** Only those that are its own go on the list of fenced nodes. Pure. */
export function addressesOf({ nodes }: Pick<Config, 'nodes'>, node: string): NodeAddresses {
  const others = Object.entries(nodes).filter(([name]) => name !== node);
  const own: string[] = [];
  const shared: { address: string; twin: string }[] = [];
  for (const address of nodes[node]?.addresses ?? []) {
    const twin = others.find(([, { addresses }]) => addresses.some((each) => sameAddress(each, address)));
    if (twin === undefined) own.push(address);
    else shared.push({ address, twin: twin[0] });
  }
  return { own, shared };
}
