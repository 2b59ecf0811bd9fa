import { PHASES } from '../attachment/phase.ts';
import type { Attachment, Holder, Transport } from '../attachment/attachment.ts';
import type { Intent } from '../attachment/intent.ts';
import type { FencedMark, NodeRecord } from './state.ts';

/*
 * What the entries of a state of schema 1 must be: every field there, of its type, and no other field. Written by hand,
 * not with a schema library: every command reads the state, and a library's start and its walk over 1,000 attachments
 * take longer than all the rest of `list`.
 */

/** The fields of a T, of whatever type they turn out to be. */
type Fields<T> = Readonly<Record<keyof T, unknown>>;

/**
 * An object of exactly `size` fields; that they are the right ones is seen when each is looked at. They are counted
 * in a loop: the array that Object.keys makes for each object costs three times as much as all the rest of the check.
 */
export function isTable<T>(value: unknown, size: number): value is Fields<T> {
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

/** Whether it is the entry of a node. */
export function isNode(value: unknown): value is NodeRecord {
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
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
