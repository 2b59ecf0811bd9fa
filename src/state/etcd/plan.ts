import { randomUUID } from 'node:crypto';
import type { StateChange } from '../state.ts';
import { entriesOf, volumeIn } from './entries.ts';
import type { Meta } from './meta.ts';
import type { Snapshot } from './snapshot.ts';

/** What a commit writes. */
export interface Plan {
  /** Names this commit: see {@link Meta.commits}. */
  readonly id: string;
  readonly meta: Meta;
  /** Every entry of the new state. */
  readonly entries: ReadonlyMap<string, string>;
  /** Those of them that are new or other than before. */
  readonly changed: readonly string[];
  /** Those that there are no longer. */
  readonly removed: readonly string[];
  /** The volumes that any of it is about. */
  readonly volumes: ReadonlySet<string>;
}

/** What has to be written so that the state becomes the wanted one; null = nothing. */
export function planOf(before: Snapshot, wanted: StateChange): Plan | null {
  const entries = entriesOf(wanted);
  const changed = [...entries].filter(([entry, text]) => before.entries.get(entry)?.text !== text);
  const removed = [...before.entries.keys()].filter((entry) => !entries.has(entry));
  if (changed.length === 0 && removed.length === 0) return null;
  const touched = [...changed.map(([entry]) => entry), ...removed];
  const id = newId();
  const { meta } = before;
  return {
    id,
    meta: {
      lineage: meta?.lineage ?? randomUUID(),
      serial: (meta?.serial ?? 0) + 1,
      generation: meta?.generation ?? newId(),
      entries: entries.size,
      commits: [...(meta?.commits ?? []), id],
    },
    entries,
    changed: changed.map(([entry]) => entry),
    removed,
    volumes: new Set(touched.map(volumeIn).filter((volume) => volume !== null)),
  };
}

/** Short, and not made twice. */
export function newId(): string {
  return randomUUID().replaceAll('-', '').slice(0, 12);
}
