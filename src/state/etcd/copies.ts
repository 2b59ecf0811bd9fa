import { createHash } from 'node:crypto';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { keptName, timeInName } from '../backup-name.ts';
import type { StateCopy } from '../care.ts';
import { newestFirst } from '../copy-order.ts';
import { decodeState } from '../envelope.ts';
import { damaged } from '../faults.ts';
import type { Patience } from '../patience.ts';
import type { EtcdClient } from './client/client.ts';
import { compare, op, range, transact, type KeyValue } from './client/kv.ts';
import { escapeName, nameIn, type Keys } from './keys.ts';

/** Characters of a piece: at most three bytes each, which etcd takes in one request. */
const PIECE = 150_000;
/** The key that closes a copy: without it the copy is not whole. */
const END = 'end';

interface End {
  readonly pieces: number;
  /** Over all pieces. */
  readonly sha256: string;
}

/**
 * Keeps a text as a copy, in pieces, the last of which closes it.
 * @param serial null for what is not a good state
 * @returns the copy's name
 */
export async function writeCopy(
  client: EtcdClient,
  keys: Keys,
  text: string,
  serial: number | null,
  wait: Patience,
): Promise<string> {
  const pieces = piecesOf(text);
  const { name, base } = await freePlace(client, keys, serial, wait);
  for (const [index, piece] of pieces.entries()) {
    const put = op.put(`${base}${pieceName(index)}`, piece);
    await transact(client, { compare: [], success: [put], failure: [] }, wait, 'again');
  }
  const end: End = { pieces: pieces.length, sha256: digest(text) };
  const close = op.put(base + END, JSON.stringify(end));
  await transact(client, { compare: [], success: [close], failure: [] }, wait, 'again');
  return name;
}

/** Every copy, newest first; one that is damaged or was never closed is among them. */
export async function listCopies(client: EtcdClient, keys: Keys, wait: Patience): Promise<StateCopy[]> {
  return copiesIn(keys, (await range(client, keys.copies, wait)).keys);
}

/** @param found keys, among them those of the copies */
export function copiesIn(keys: Keys, found: readonly KeyValue[]): StateCopy[] {
  const copies = new Map<string, Map<string, string>>();
  for (const { key, value } of found) {
    if (!key.startsWith(keys.copies)) continue;
    const [escaped = '', piece = ''] = key.slice(keys.copies.length).split('/');
    const pieces = copies.get(escaped) ?? new Map<string, string>();
    copies.set(escaped, pieces.set(piece, value));
  }
  return [...copies].map(([escaped, pieces]) => readCopy(keys, escaped, pieces)).sort(newestFirst);
}

function readCopy(keys: Keys, escaped: string, pieces: ReadonlyMap<string, string>): StateCopy {
  const name = nameIn(escaped) ?? escaped;
  const location = keys.url(`${keys.copies}${escaped}`);
  const texts = [...pieces].filter(([piece]) => piece !== END).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = texts.map(([, value]) => value).join('');
  const copy = {
    name,
    kind: 'kept' as const,
    location,
    takenAt: timeInName(name),
    bytes: Buffer.byteLength(text),
  };
  try {
    const end = parseEnd(pieces.get(END));
    if (end === null) throw damaged(location, 'it was never closed: who made it was cut short');
    if (end.pieces !== texts.length || end.sha256 !== digest(text))
      throw damaged(location, 'its pieces do not fit together');
    return { ...copy, state: decodeState(Buffer.from(text), location).state, fault: null };
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return { ...copy, state: null, fault: error };
  }
}

/** A name that no other copy has, made sure of by its first key. */
async function freePlace(
  client: EtcdClient,
  keys: Keys,
  serial: number | null,
  wait: Patience,
): Promise<{ name: string; base: string }> {
  const at = new Date();
  for (let again = 0; ; again += 1) {
    const name = keptName(at, serial, again);
    const base = `${keys.copies}${escapeName(name)}/`;
    const first = op.put(`${base}${pieceName(0)}`, '');
    const none = compare.unchangedSince(base, 0n);
    const { succeeded } = await transact(
      client,
      { compare: [none], success: [first], failure: [] },
      wait,
      'again',
    );
    if (succeeded) return { name, base };
  }
}

function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length || pieces.length === 0;) {
    let end = Math.min(start + PIECE, text.length);
    // Two halves of one character stay together.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function pieceName(index: number): string {
  return String(index).padStart(6, '0');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseEnd(text: string | undefined): End | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value !== 'object' || value === null || !('pieces' in value) || !('sha256' in value))
      return null;
    const { pieces, sha256 } = value;
    return typeof pieces === 'number' && typeof sha256 === 'string' ? { pieces, sha256 } : null;
  } catch {
    return null;
  }
}
