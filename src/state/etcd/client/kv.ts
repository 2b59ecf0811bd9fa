import type { Patience } from '../../patience.ts';
import { fields, int64, list, revisionOf, text } from './answers.ts';
import type { EtcdClient } from './client.ts';

/** A key as it is found. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** The store's revision that made the key. */
  readonly createRevision: bigint;
  /** The one that changed it last. */
  readonly modRevision: bigint;
  /** The lease that it lives by; 0 = none. */
  readonly lease: bigint;
}

/** Part of a transaction, as the gateway takes it. */
export type Op = Readonly<Record<string, unknown>>;
export type Compare = Readonly<Record<string, unknown>>;

export interface RangeOptions {
  /** Only what was changed at this revision or later. */
  readonly since?: bigint;
  readonly keysOnly?: boolean;
  /** Nothing but how many there are. */
  readonly countOnly?: boolean;
  readonly limit?: number;
}

/** What came of a range. */
export interface Found {
  /** The store's revision as of which it holds. */
  readonly revision: bigint;
  /** In the order of the keys. */
  readonly keys: readonly KeyValue[];
  /** How many keys there are in the range, told or not. */
  readonly count: number;
}

/** What came of a transaction. */
export interface TxnAnswer {
  readonly revision: bigint;
  /** Whether every comparison held. */
  readonly succeeded: boolean;
  /** The ranges that were asked for on the branch that was taken, in order. */
  readonly ranges: readonly Found[];
}

export interface Txn {
  readonly compare: readonly Compare[];
  readonly success: readonly Op[];
  readonly failure: readonly Op[];
}

const base64 = (value: string): string => Buffer.from(value).toString('base64');

/** The end of the range of all keys that begin with a prefix; the prefix ends in a slash. */
function endOf(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}

/** A key alone, or, when it ends in a slash, every key that begins with it. */
function keysOf(keyOrPrefix: string): { key: string; range_end?: string } {
  const key = base64(keyOrPrefix);
  return keyOrPrefix.endsWith('/') ? { key, range_end: base64(endOf(keyOrPrefix)) } : { key };
}

export const op = {
  put: (key: string, value: string, lease = 0n): Op => ({
    request_put: { key: base64(key), value: base64(value), ...(lease !== 0n && { lease: String(lease) }) },
  }),
  delete: (keyOrPrefix: string): Op => ({ request_delete_range: keysOf(keyOrPrefix) }),
  range: (keyOrPrefix: string, options: RangeOptions = {}): Op => ({
    request_range: rangeRequest(keyOrPrefix, options),
  }),
  txn: (success: readonly Op[]): Op => ({ request_txn: { success } }),
};

export const compare = {
  /** 0 = there is no such key. */
  modRevision: (key: string, revision: bigint): Compare => ({
    ...keysOf(key),
    target: 'MOD',
    result: 'EQUAL',
    mod_revision: String(revision),
  }),
  createRevision: (key: string, revision: bigint): Compare => ({
    ...keysOf(key),
    target: 'CREATE',
    result: 'EQUAL',
    create_revision: String(revision),
  }),
  /** No key below the prefix was made after the revision. */
  noneNewSince: (prefix: string, revision: bigint): Compare => ({
    ...keysOf(prefix),
    target: 'CREATE',
    result: 'LESS',
    create_revision: String(revision + 1n),
  }),
  /** No key below the prefix was changed after the revision; one that is removed is not seen. */
  unchangedSince: (prefix: string, revision: bigint): Compare => ({
    ...keysOf(prefix),
    target: 'MOD',
    result: 'LESS',
    mod_revision: String(revision + 1n),
  }),
};

function rangeRequest(keyOrPrefix: string, options: RangeOptions): Op {
  const { since, keysOnly, countOnly, limit } = options;
  return {
    ...keysOf(keyOrPrefix),
    ...(since !== undefined && { min_mod_revision: String(since) }),
    ...(keysOnly === true && { keys_only: true }),
    ...(countOnly === true && { count_only: true }),
    ...(limit !== undefined && { limit: String(limit) }),
  };
}

/** Reads a key, or every key below a prefix (which ends in a slash), as of now. */
export async function range(
  client: EtcdClient,
  keyOrPrefix: string,
  wait: Patience,
  options: RangeOptions = {},
): Promise<Found> {
  const body = rangeRequest(keyOrPrefix, options);
  const answer = await client.call({ path: '/v3/kv/range', body, wait, ifUnknown: 'read' });
  return found(answer, revisionOf(fields(answer, 'range')));
}

/** @param ifUnknown see {@link Call} */
export async function transact(
  client: EtcdClient,
  txn: Txn,
  wait: Patience,
  ifUnknown: 'again' | 'tell',
): Promise<TxnAnswer> {
  const answer = fields(await client.call({ path: '/v3/kv/txn', body: txn, wait, ifUnknown }), 'transaction');
  const revision = revisionOf(answer);
  const ranges: Found[] = [];
  for (const response of list(answer['responses'], 'responses')) {
    const range = fields(response, 'response')['response_range'];
    if (range !== undefined) ranges.push(found(range, revision));
  }
  return { revision, succeeded: answer['succeeded'] === true, ranges };
}

/** Removes a key, or every key below a prefix. @returns how many there were */
export async function remove(client: EtcdClient, keyOrPrefix: string, wait: Patience): Promise<number> {
  const answer = await client.call({
    path: '/v3/kv/deleterange',
    body: keysOf(keyOrPrefix),
    wait,
    ifUnknown: 'again',
  });
  return Number(int64(fields(answer, 'answer')['deleted'], 'deleted'));
}

function found(range: unknown, revision: bigint): Found {
  const it = fields(range, 'range');
  return { revision, keys: keysIn(it['kvs']), count: Number(int64(it['count'], 'count')) };
}

function keysIn(kvs: unknown): KeyValue[] {
  return list(kvs, 'kvs').map((one) => {
    const it = fields(one, 'key');
    return {
      key: text(it['key'], 'key'),
      value: text(it['value'], 'value'),
      createRevision: int64(it['create_revision'], 'create_revision'),
      modRevision: int64(it['mod_revision'], 'mod_revision'),
      lease: int64(it['lease'], 'lease'),
    };
  });
}
