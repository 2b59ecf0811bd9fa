import type { Attachment } from '../../../attachment/attachment.ts';
import type { Phase } from '../../../attachment/phase.ts';
import { ambiguousSlots } from '../../output/attachment-document.ts';
import { sortNaturally } from '../../output/natural-order.ts';

/** The filters of `list`. */
export interface Filters {
  readonly node: readonly string[];
  readonly volume: readonly string[];
  readonly phase: readonly Phase[];
  readonly rds: readonly string[];
}

/** What a list shows of a state. */
export interface Selection {
  /** How many attachments there are before the filters. */
  readonly all: number;
  readonly shown: readonly Attachment[];
  /** The volume as the operator names it. */
  readonly label: (attachment: Attachment) => string;
}

/** Makes the function that filters and sorts the attachments of a state. */
export async function makeSelection(filters: Filters): Promise<(all: readonly Attachment[]) => Selection> {
  const matches = await volumeFilter(filters.volume);
  return (all) => {
    const ambiguous = ambiguousSlots(all);
    const wanted = all.filter(
      (one) =>
        has(filters.rds, one.rds) &&
        has(filters.phase, one.phase) &&
        (filters.node.length === 0 || one.holders.some(({ node }) => filters.node.includes(node))) &&
        matches(one),
    );
    return {
      all: all.length,
      shown: sortNaturally(wanted, ({ volume }) => volume),
      label: ({ volume, slot }) => (ambiguous.has(slot) ? volume : slot),
    };
  };
}

function has(wanted: readonly string[], value: string): boolean {
  return wanted.length === 0 || wanted.includes(value);
}

async function volumeFilter(globs: readonly string[]): Promise<(one: Attachment) => boolean> {
  if (globs.length === 0) return () => true;
  const { default: picomatch } = await import('picomatch');
  const match = picomatch([...globs]);
  return ({ slot, volume }) => match(slot) || match(volume);
}
