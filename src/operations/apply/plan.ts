import type { Attachment } from '../../attachment/attachment.ts';
import { holds, type VolumeId } from '../../attachment/transitions.ts';
import type { State } from '../../state/state.ts';

/** A volume and the node that is to have it. */
export interface Wish {
  readonly volume: VolumeId;
  readonly node: string;
}

/** What is to be done to one volume. */
export interface Change {
  readonly key: string;
  readonly rds: string;
  readonly slot: string;
  readonly action: 'attach' | 'detach' | 'move';
  /** Who has it now. */
  readonly from: readonly string[];
  /** Who is to have it; null = nobody. */
  readonly node: string | null;
  /** What the state tells beforehand: an operation that was cut short, a fenced node; null = nothing. */
  readonly note: string | null;
}

export interface Plan {
  /** By volume key. */
  readonly changes: readonly Change[];
  /** How many wishes hold already. */
  readonly unchanged: number;
}

/**
 * What has to be done so that each volume is where it is wished to be, by the state alone. A volume that nobody
 * wishes for is left alone, or with `prune` detached. Volumes that were fenced off a node are attached nowhere.
 */
export function makePlan(
  state: State,
  wishes: readonly Wish[],
  { prune }: { readonly prune: boolean },
): Plan {
  const changes: Change[] = [];
  for (const { volume, node } of wishes) {
    const present = state.attachments[volume.key];
    const change = changeFor(state, present, volume, node);
    if (change !== null) changes.push(change);
  }
  const unchanged = wishes.length - changes.length;
  const named = new Set(wishes.map(({ volume }) => volume.key));
  for (const present of prune ? Object.values(state.attachments) : []) {
    if (named.has(present.volume) || present.phase === 'fenced') continue;
    const from = present.holders.map((holder) => holder.node);
    changes.push({ ...idOf(present), action: 'detach', from, node: null, note: unfinishedNote(present) });
  }
  return { changes: changes.sort((a, b) => (a.key < b.key ? -1 : 1)), unchanged };
}

function changeFor(
  state: State,
  present: Attachment | undefined,
  { key, rds, slot }: VolumeId,
  node: string,
): Change | null {
  const volume = { key, rds, slot };
  const fenced = state.nodes[node]?.fenced != null ? `${node} is fenced: it will be refused` : null;
  if (present === undefined || present.phase === 'fenced') {
    return { ...volume, action: 'attach', from: [], node, note: fenced };
  }
  const from = present.holders.map((holder) => holder.node);
  const note = fenced ?? unfinishedNote(present);
  if (!holds(present, node)) return { ...volume, action: 'move', from, node, note };
  if (present.phase === 'attached' && present.intent === null) return null;
  return { ...volume, action: 'attach', from, node, note };
}

function unfinishedNote({ intent }: Attachment): string | null {
  return intent === null ? null : `${intent.verb} of ${intent.node} was begun and not finished`;
}

function idOf({ volume, rds, slot }: Attachment): Pick<Change, 'key' | 'rds' | 'slot'> {
  return { key: volume, rds, slot };
}
