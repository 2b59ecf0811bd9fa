import { holds } from '../../attachment/transitions.ts';
import type { Config } from '../../config/config.ts';
import type { State } from '../../state/state.ts';
import type { FenceEntry } from '../ports/firewall.ts';
import { sameAddress } from '../seen.ts';
import { addressesOf } from './own-addresses.ts';

/** Marks an entry of the fence's address list: which node, and whose. */
export interface EntryTag {
  readonly node: string;
  readonly lineage: string;
}

const TAG = /^\[rdsctl fenced=([A-Za-z0-9][A-Za-z0-9._-]{0,62}) lineage=([0-9a-f-]{36})\]$/;

export function formatEntryTag({ node, lineage }: EntryTag): string {
  return `[rdsctl fenced=${node} lineage=${lineage}]`;
}

/** Null for an entry that rdsctl did not make. */
export function parseEntryTag(comment: string): EntryTag | null {
  const [, node, lineage] = TAG.exec(comment) ?? [];
  return node === undefined || lineage === undefined ? null : { node, lineage };
}

/**
 * Entries of this state whose node it does not hold for fenced: drift. They keep a node out that should be let
 * in. The list must have been read before the state: a fence marks the node first and then adds the entry, and
 * unfence goes the other way. To be reported, not removed unasked: a state that was put back from an old copy
 * knows nothing of a later fence either, and `unfence NODE` removes them for whoever knows better.
 */
export function staleEntries(
  entries: readonly FenceEntry[],
  state: State,
): readonly { readonly entry: FenceEntry; readonly node: string }[] {
  return entries.flatMap((entry) => {
    const tag = parseEntryTag(entry.comment);
    const ours = tag !== null && state.lineage !== '' && tag.lineage === state.lineage;
    return ours && (state.nodes[tag.node]?.fenced ?? null) === null ? [{ entry, node: tag.node }] : [];
  });
}

/** The addresses of a node that are not on the list. */
export function missingAddresses(
  entries: readonly FenceEntry[],
  addresses: readonly string[],
): readonly string[] {
  return addresses.filter((address) => !entries.some((entry) => sameAddress(entry.address, address)));
}

/**
 * Nodes that are fenced and have addresses that are not on the list: drift, too. A node that was fenced off some of
 * its volumes only, and still has others, is no such node: on the list it would lose them all. Where it has none left
 * the state can't tell the two fences apart. To be reported, then, not added unasked.
 */
export function missingEntries(
  entries: readonly FenceEntry[],
  state: State,
  config: Pick<Config, 'nodes'>,
): readonly { readonly node: string; readonly addresses: readonly string[] }[] {
  return Object.keys(config.nodes).flatMap((node) => {
    const mark = state.nodes[node]?.fenced ?? null;
    if (mark === null) return [];
    const keeps = Object.entries(state.attachments).some(
      ([key, attachment]) =>
        attachment.phase !== 'fenced' && holds(attachment, node) && !mark.volumes.includes(key),
    );
    const addresses = keeps ? [] : missingAddresses(entries, addressesOf(config, node).own);
    return addresses.length === 0 ? [] : [{ node, addresses }];
  });
}
