import type { LockHolder } from '../lock.ts';
import type { Patience } from '../patience.ts';
import type { EtcdClient } from './client/client.ts';
import { range, type KeyValue } from './client/kv.ts';
import { holderOf, parseMark } from './mark.ts';

/** Who stands before a lock: whoever came first holds it. */
export interface Queue {
  /** As of which of the store's revisions. */
  readonly revision: bigint;
  readonly first: KeyValue | null;
  readonly keys: readonly KeyValue[];
}

export function queueOf(keys: readonly KeyValue[], revision: bigint): Queue {
  const sorted = [...keys].sort((a, b) => (a.createRevision < b.createRevision ? -1 : 1));
  return { revision, first: sorted[0] ?? null, keys: sorted };
}

/** @param prefix of the lock's keys; ends in a slash */
export async function readQueue(client: EtcdClient, prefix: string, wait: Patience): Promise<Queue> {
  const { keys, revision } = await range(client, prefix, wait);
  return queueOf(keys, revision);
}

/** Who holds the lock; null when nobody does, or does not say who it is. */
export function holderIn({ first }: Queue): LockHolder | null {
  const mark = first && parseMark(first.value);
  return mark && holderOf(mark);
}
