import { parseComment } from '../../attachment/tag.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Disk } from '../ports/storage-server.ts';

export interface LineageSources {
  /** Given with --lineage. */
  readonly asked: string | null;
  /** The one that belongs to the state directory, as far as it can be told. */
  readonly known: string | null;
  /** How many tags carry each. */
  readonly tags: ReadonlyMap<string, number>;
}

/**
 * Decides whose tags count: those of the lineage that was asked for, else of the one that belongs here, else of
 * the only one that there is.
 * @returns null when nothing tells any
 * @throws RdsctlError AMBIGUOUS_LINEAGE, BAD_ARGUMENT
 */
export function chooseLineage({ asked, known, tags }: LineageSources): string | null {
  if (asked !== null) {
    if (asked === known || tags.has(asked)) return asked;
    throw new RdsctlError('BAD_ARGUMENT', {
      message: `no tag is of lineage ${asked}, and it is not the one that belongs here`,
      now: `Nothing was changed. There are: ${[...tags].map(([id, count]) => `${id} (${count})`).join(', ') || 'none'}.`,
      details: { lineage: asked, found: Object.fromEntries(tags) },
    });
  }
  if (known !== null) return known;
  const [only, ...others] = [...tags.keys()];
  if (only === undefined || others.length === 0) return only ?? null;
  throw new RdsctlError('AMBIGUOUS_LINEAGE', {
    message: `the storage servers hold tags of ${tags.size} rdsctl states, and none tells which one was kept here`,
    now: 'Nothing was changed.',
    hints: [...tags].map(([id, count]) => ({
      when: `For the one with ${count === 1 ? '1 volume' : `${count} volumes`}:`,
      run: `rdsctl state rebuild --lineage ${id}`,
    })),
    details: { found: Object.fromEntries(tags) },
  });
}

/** How many disks carry a tag of each lineage; the most frequent first. */
export function countLineages(disks: Iterable<Disk>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { comment } of disks) {
    const { tag } = parseComment(comment);
    if (tag !== null && tag !== 'unreadable') counts.set(tag.lineage, (counts.get(tag.lineage) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1)));
}
