import type { Attachment } from '../attachment/attachment.ts';
import { isAttachment, isCount, isNode, isTable } from './body.ts';
import type { State, StateChange } from './state.ts';

/*
 * A sealed body is checked, in the order of its keys, and frozen through and through. So it can be handed to many, and
 * kept, without a copy for each; and as a state is made of the entries of the one before it, only what is new in it is
 * looked at. With copies, many changes at once cost as much as their number times the size of the state.
 */

/** Says which entry of a state is not as it must be. */
export class BodyMismatch extends Error {}

/** One of a body's tables. */
interface Kind<T> {
  readonly name: keyof StateChange;
  readonly isEntry: (value: unknown, key: string) => value is T;
  /** The tables that were sealed, and the entries with the key that each was found in order under. */
  readonly tables: WeakSet<object>;
  readonly entries: WeakMap<object, string>;
}

const ATTACHMENTS = kind('attachments', isAttachment);
const TOKENS = kind('tokens', isCount);
const NODES = kind('nodes', isNode);

function kind<T>(name: Kind<T>['name'], isEntry: Kind<T>['isEntry']): Kind<T> {
  return { name, isEntry, tables: new WeakSet(), entries: new WeakMap() };
}

/** Whether this attachment belongs to a sealed body: it will never be another. */
export function isSealed(attachment: Attachment): boolean {
  return ATTACHMENTS.entries.has(attachment);
}

/**
 * Seals a body of schema 1. What it is made of is frozen, not copied, but for tables whose keys are in another order.
 * @throws BodyMismatch naming the entry, when a field is missing, or not of its type, or one too many
 */
export function sealBody(value: unknown): StateChange {
  if (!isTable<StateChange>(value, 3)) throw new BodyMismatch('the body has fields too many or too few');
  return Object.freeze({
    attachments: sealTable(ATTACHMENTS, value.attachments),
    tokens: sealTable(TOKENS, value.tokens),
    nodes: sealNodes(value.nodes),
  });
}

/** Seals the table of nodes. @throws BodyMismatch */
export function sealNodes(value: unknown): StateChange['nodes'] {
  return sealTable(NODES, value);
}

/** The state that a sealed body is at a serial. */
export function sealedState(lineage: string, serial: number, sealed: StateChange): State {
  const { attachments, tokens, nodes } = sealed;
  return Object.freeze({ lineage, serial, attachments, tokens, nodes });
}

type Table<T> = Readonly<Record<string, T>>;

function sealTable<T>({ name, isEntry, tables, entries }: Kind<T>, value: unknown): Table<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BodyMismatch(`${name} is not a table`);
  if (tables.has(value)) return value as Table<T>;
  const table = value as Table<unknown>;
  let isSorted = true;
  let before = '';
  for (const key of Object.keys(table)) {
    const entry = table[key];
    const isObject = typeof entry === 'object' && entry !== null;
    if (!isObject || entries.get(entry) !== key) {
      if (!isEntry(entry, key)) throw new BodyMismatch(`${name}["${key}"] is not as it must be`);
      freeze(entry);
      if (isObject) entries.set(entry, key);
    }
    if (key < before) isSorted = false;
    before = key;
  }
  const sealed = Object.freeze(isSorted ? table : sorted(table)) as Table<T>;
  tables.add(sealed);
  return sealed;
}

/** Not by assignment: a volume may be called as something that every object has. */
function sorted(table: Table<unknown>): Table<unknown> {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Plain data: no circles. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) freeze(inner);
  Object.freeze(value);
}
