import { PHASES } from '../../attachment/phase.ts';
import type { Attachment, Holder, Transport } from '../../attachment/attachment.ts';
import type { Intent } from '../../attachment/intent.ts';
import type { FencedMark, NodeRecord, StateChange } from '../state.ts';

/** Says where in a state something is not as it must be. */
export class BodyMismatch extends Error {}

/**
 * Checks that `value` is a state's body of schema 1: every field there, of its type, and no other field.
 * Written by hand, not with a schema library: every command reads the state, and a library's start and its
 * walk over 1,000 attachments cost as much as the rest of the command.
 * @throws BodyMismatch with the place.
 */
export function checkBody(value: unknown): StateChange {
  const body: Fields<StateChange> = fields(value, 'body', 3);
  const attachments = table(body.attachments, 'attachments');
  for (const key in attachments) checkAttachment(attachments[key], key);
  const tokens = table(body.tokens, 'tokens');
  for (const key in tokens) count(tokens[key], `tokens["${key}"]`);
  const nodes = table(body.nodes, 'nodes');
  for (const key in nodes) checkNode(nodes[key], `nodes["${key}"]`);
  return value as StateChange;
}

type Fields<T> = Readonly<Record<keyof T, unknown>>;

function checkAttachment(value: unknown, key: string): void {
  const at = `attachments["${key}"]`;
  const it: Fields<Attachment> = fields(value, at, 13);
  if (it.volume !== key) fail(at, 'is of another volume');
  text(it.rds, at);
  text(it.slot, at);
  if (!(PHASES as readonly unknown[]).includes(it.phase)) fail(at, 'has an unknown phase');
  const holders = list(it.holders, at);
  if (holders.length === 0) fail(at, 'has no holder');
  for (const holder of holders) checkHolder(holder, at);
  textOrNull(it.nqn, at);
  if (it.transport !== null) checkTransport(it.transport, at);
  if (it.sizeBytes !== null) count(it.sizeBytes, at);
  text(it.attachedAt, at);
  text(it.by, at);
  textOrNull(it.sharedUntil, at);
  count(it.token, at);
  if (it.intent !== null) checkIntent(it.intent, at);
}

function checkHolder(value: unknown, at: string): void {
  const it: Fields<Holder> = fields(value, at, 4);
  text(it.node, at);
  textOrNull(it.hostNqn, at);
  textOrNull(it.device, at);
  text(it.since, at);
}

function checkTransport(value: unknown, at: string): void {
  const it: Fields<Transport> = fields(value, at, 2);
  text(it.address, at);
  count(it.port, at);
}

const VERBS: readonly unknown[] = ['attach', 'detach', 'fence', 'share'] satisfies Intent['verb'][];

function checkIntent(value: unknown, at: string): void {
  const it: Fields<Intent> = fields(value, at, 7);
  if (!VERBS.includes(it.verb)) fail(at, 'has an unknown intent');
  text(it.node, at);
  textOrNull(it.hostNqn, at);
  count(it.token, at);
  text(it.since, at);
  text(it.by, at);
  count(it.pid, at);
}

function checkNode(value: unknown, at: string): void {
  const it: Fields<NodeRecord> = fields(value, at, 3);
  textOrNull(it.hostNqn, at);
  textOrNull(it.hostId, at);
  if (it.fenced === null) return;
  const mark: Fields<FencedMark> = fields(it.fenced, at, 4);
  text(mark.since, at);
  text(mark.by, at);
  textOrNull(mark.reason, at);
  for (const volume of list(mark.volumes, at)) text(volume, at);
}

function fail(at: string, what: string): never {
  throw new BodyMismatch(`${at} ${what}`);
}

function table(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(at, 'is not an object');
  return value as Readonly<Record<string, unknown>>;
}

/** An object of exactly `size` fields; that they are the right ones is seen when each is checked. */
function fields<T>(value: unknown, at: string, size: number): Fields<T> {
  const found = table(value, at);
  if (Object.keys(found).length !== size) fail(at, 'has fields too many or too few');
  return found as Fields<T>;
}

function list(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) fail(at, 'has something that is not a list where one belongs');
  return value;
}

function text(value: unknown, at: string): void {
  if (typeof value !== 'string') fail(at, 'has something that is not text where text belongs');
}

function textOrNull(value: unknown, at: string): void {
  if (value !== null) text(value, at);
}

/** A whole number from 0 that a double holds exactly. */
function count(value: unknown, at: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    fail(at, 'has something that is not a whole number where one belongs');
}
