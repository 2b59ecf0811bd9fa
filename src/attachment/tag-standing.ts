import type { State } from '../state/state.ts';
import type { Tag } from './tag.ts';

/**
 * What a storage server's tag says, held against a state. `owner`: it names exactly the nodes that the state names;
 * `older`: so, but by an older token than the state's; `part`: only some of them; `nobody`: it names none; `other`:
 * one of which the state knows nothing; `newer`: a token that this state never gave out; `foreign`: of another
 * lineage.
 */
export const TAG_STANDINGS = [
  'none',
  'owner',
  'older',
  'part',
  'nobody',
  'other',
  'newer',
  'foreign',
  'unreadable',
] as const;
export type TagStanding = (typeof TAG_STANDINGS)[number];

/**
 * How a volume's tag stands to a state. `foreign`, `newer` and `other` mean that this state is not the one that
 * counts: a second admin host, a restored backup, one of two copies. (A claim is on disk before the tag names its
 * node and goes only when the tag names it no more, so that one state alone is never behind its own tags. Tokens
 * alone do not tell two copies apart: the one that lost a race took its token too.)
 */
export function standingOfTag(state: State, key: string, tag: Tag | 'unreadable' | null): TagStanding {
  if (tag === null) return 'none';
  if (tag === 'unreadable') return 'unreadable';
  if (tag.lineage !== state.lineage) return 'foreign';
  if (tag.token > (state.tokens[key] ?? 0)) return 'newer';
  if (tag.owners.length === 0) return 'nobody';
  if (strangersOf(state, key, tag).length > 0) return 'other';
  const attachment = state.attachments[key];
  if (attachment?.holders.every(({ node }) => tag.owners.includes(node)) === false) return 'part';
  return attachment?.intent === null && tag.token < attachment.token ? 'older' : 'owner';
}

/** The nodes that a tag names and the state does not. */
export function strangersOf(state: State, key: string, { owners }: Tag): string[] {
  const holders = state.attachments[key]?.holders.map(({ node }) => node) ?? [];
  return owners.filter((owner) => !holders.includes(owner));
}
