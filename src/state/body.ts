import { PHASES } from '../attachment/phase.ts';
import type { Attachment, Holder, Transport } from '../attachment/attachment.ts';
import type { Intent } from '../attachment/intent.ts';
import type { FencedMark, NodeRecord, StateChange } from './state.ts';

/** Says which entry of a state is not as it must be. */
export class BodyMismatch extends Error {}

/**
 * Checks that `value` is a state's body of schema 1: every field there, of its type, and no other field.
 * Written by hand, not with a schema library: every command reads the state, and a library's start and its
 * walk over 1,000 attachments take longer than all the rest of `list`.
 * @throws BodyMismatch naming the entry.
 */
export function checkBody(value: unknown): StateChange {
  if (!isTable<StateChange>(value, 3)) throw new BodyMismatch('the body has fields too many or too few');
  checkEntries('attachments', value.attachments, isAttachment);
  checkEntries('tokens', value.tokens, isCount);
  checkNodes(value.nodes);
  return value as StateChange;
}

/** Checks the table of nodes. @throws BodyMismatch */
export function checkNodes(value: unknown): void {
  checkEntries('nodes', value, isNode);
}

function checkEntries(name: string, value: unknown, isEntry: (entry: unknown, key: string) => boolean): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BodyMismatch(`${name} is not a table`);
  const table = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(table))
    if (!isEntry(table[key], key)) throw new BodyMismatch(`${name}["${key}"] is not as it must be`);
}

/** The fields of a T, of whatever type they turn out to be. */
type Fields<T> = Readonly<Record<keyof T, unknown>>;

/**
 * An object of exactly `size` fields; that they are the right ones is seen when each is looked at. They are counted
 * in a loop: the array that Object.keys makes for each object costs three times as much as all the rest of the check.
 */
function isTable<T>(value: unknown, size: number): value is Fields<T> {
  if (typeof value !== 'object' || value === null) return false;
  let count = 0;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- only counted
  for (const _ in value) count += 1;
  return count === size;
}

/** Whether it is the entry of an attachment under this key. */
export function isAttachment(value: unknown, key: string): value is Attachment {
  return (
    isTable<Attachment>(value, 13) &&
    value.volume === key &&
    isText(value.rds) &&
    isText(value.slot) &&
    (PHASES as readonly unknown[]).includes(value.phase) &&
    Array.isArray(value.holders) &&
    value.holders.length > 0 &&
    value.holders.every(isHolder) &&
    isTextOrNull(value.nqn) &&
    (value.transport === null || isTransport(value.transport)) &&
    (value.sizeBytes === null || isCount(value.sizeBytes)) &&
    isText(value.attachedAt) &&
    isText(value.by) &&
    isTextOrNull(value.sharedUntil) &&
    isCount(value.token) &&
    (value.intent === null || isIntent(value.intent))
  );
}

function isHolder(value: unknown): boolean {
  return (
    isTable<Holder>(value, 4) &&
    isText(value.node) &&
    isTextOrNull(value.hostNqn) &&
    isTextOrNull(value.device) &&
    isText(value.since)
  );
}

function isTransport(value: unknown): boolean {
  return isTable<Transport>(value, 2) && isText(value.address) && isCount(value.port);
}

const VERBS: readonly unknown[] = ['attach', 'detach', 'fence', 'share'] satisfies Intent['verb'][];

function isIntent(value: unknown): boolean {
  return (
    isTable<Intent>(value, 7) &&
    VERBS.includes(value.verb) &&
    isText(value.node) &&
    isTextOrNull(value.hostNqn) &&
    isCount(value.token) &&
    isText(value.since) &&
    isText(value.by) &&
    isCount(value.pid)
  );
}

function isNode(value: unknown): boolean {
  return (
    isTable<NodeRecord>(value, 3) &&
    isTextOrNull(value.hostNqn) &&
    isTextOrNull(value.hostId) &&
    (value.fenced === null || isFencedMark(value.fenced))
  );
}

function isFencedMark(value: unknown): boolean {
  return (
    isTable<FencedMark>(value, 4) &&
    isText(value.since) &&
    isText(value.by) &&
    isTextOrNull(value.reason) &&
    Array.isArray(value.volumes) &&
    value.volumes.every(isText)
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

/** A whole number from 0 that a double holds exactly. */
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
