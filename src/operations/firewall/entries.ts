import type { State } from '../../state/state.ts';
import type { FenceEntry } from '../ports/firewall.ts';
import { sameAddress } from '../seen.ts';

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
