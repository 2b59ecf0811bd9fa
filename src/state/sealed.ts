import { isAttachment, isCount, isNode, isTable } from './body.ts';
import type { State, StateChange } from './state.ts';

/*
 * A sealed body is checked, in the order of its keys, and frozen through and through. So it can be handed to many, and
 * kept, without a copy for each; and as a state is made of the entries of the one before it, only what is new in it is
 * looked at. With copies, many changes at once cost as much as their number times the size of the state.
 */

/** Says which entry of a state is not as it must be. */
export class BodyMismatch extends Error {}

/** The entries and tables that were sealed. */
const known = new WeakSet<object>();

/** Whether this entry or table belongs to a sealed body: it will never be another. */
export function isSealed(entryOrTable: object): boolean {
  return known.has(entryOrTable);
}

/**
 * Seals a body of schema 1. What it is made of is frozen, not copied, but for tables whose keys are in another order.
 * @throws BodyMismatch naming the entry, when a field is missing, or not of its type, or one too many
 */
export function sealBody(value: unknown): StateChange {
  if (!isTable<StateChange>(value, 3)) throw new BodyMismatch('the body has fields too many or too few');
  return Object.freeze({
    attachments: sealTable('attachments', value.attachments, isAttachment),
    tokens: sealTable('tokens', value.tokens, isCount),
    nodes: sealNodes(value.nodes),
  });
}

/** Seals the table of nodes. @throws BodyMismatch */
export function sealNodes(value: unknown): StateChange['nodes'] {
  return sealTable('nodes', value, isNode);
}

/** The state that a sealed body is at a serial. */
export function sealedState(lineage: string, serial: number, sealed: StateChange): State {
  const { attachments, tokens, nodes } = sealed;
  return Object.freeze({ lineage, serial, attachments, tokens, nodes });
}

function sealTable<T>(
  name: string,
  value: unknown,
  isEntry: (entry: unknown, key: string) => entry is T,
): Readonly<Record<string, T>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BodyMismatch(`${name} is not a table`);
  const table = value as Readonly<Record<string, unknown>>;
  if (known.has(table)) return table as Readonly<Record<string, T>>;
  let isSorted = true;
  let before = '';
  for (const key of Object.keys(table)) {
    const entry = table[key];
    if (!(typeof entry === 'object' && entry !== null && known.has(entry))) {
      if (!isEntry(entry, key)) throw new BodyMismatch(`${name}["${key}"] is not as it must be`);
      freeze(entry);
      if (typeof entry === 'object' && entry !== null) known.add(entry);
    }
    if (key < before) isSorted = false;
    before = key;
  }
  const sealed = Object.freeze(isSorted ? table : sorted(table)) as Readonly<Record<string, T>>;
  known.add(sealed);
  return sealed;
}

/** Not by assignment: a volume may be called as something that every object has. */
function sorted(table: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Plain data: no circles. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) freeze(inner);
  Object.freeze(value);
}
