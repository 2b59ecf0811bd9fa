/**
 * The tag that rdsctl keeps in a disk's comment at the storage server, beside whatever text the user has in
 * it. It is what makes a stale or second rdsctl fail there, and a lost state recoverable.
 *
 *     nightly database copy [rdsctl owner=node-1 token=7 lineage=5f0c…]
 */
export interface Tag {
  /** The nodes the volume is granted to; empty when it is granted to nobody. */
  readonly owners: readonly string[];
  /** The fencing token of the change that wrote the tag. */
  readonly token: number;
  /** The lineage of the state that wrote it. */
  readonly lineage: string;
}

const TAG = /\[rdsctl owner=(-|[A-Za-z0-9._+-]+) token=(\d{1,15}) lineage=([0-9a-f-]{36})\]/;
/** Something like a tag; one whose end was cut off counts, since it may have named an owner. */
const ANY_TAG = /\[rdsctl [^\]]*\]?/;

/** What a comment holds: the tag, and the user's own text around it. */
export interface Comment {
  readonly text: string;
  /** `unreadable` when there is something like a tag that can not be understood. */
  readonly tag: Tag | 'unreadable' | null;
}

/** Takes a disk's comment apart. A comment with two tags is unreadable: nobody can say which one counts. */
export function parseComment(comment: string): Comment {
  const found = ANY_TAG.exec(comment);
  if (found === null) return { text: comment, tag: null };
  const rest = `${comment.slice(0, found.index).trimEnd()} ${comment.slice(found.index + found[0].length).trimStart()}`;
  const text = rest.trim();
  const match = TAG.exec(found[0]);
  if (match === null || match[0] !== found[0] || ANY_TAG.test(text)) return { text, tag: 'unreadable' };
  const [, owners = '', token = '', lineage = ''] = match;
  return {
    text,
    tag: { owners: owners === '-' ? [] : owners.split('+'), token: Number(token), lineage },
  };
}

/** Writes a comment: the user's text first, then the tag. */
export function formatComment(text: string, tag: Tag): string {
  const owners = tag.owners.length === 0 ? '-' : tag.owners.join('+');
  const mark = `[rdsctl owner=${owners} token=${tag.token} lineage=${tag.lineage}]`;
  return text === '' ? mark : `${text} ${mark}`;
}
