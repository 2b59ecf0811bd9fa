import type { Patience } from '../../patience.ts';
import { fields, int64, list, text } from './answers.ts';
import type { EtcdClient } from './client.ts';
import { NOT_FOUND, Refusal } from './refusal.ts';

/** What is left of a lease. */
export interface LeaseFacts {
  readonly grantedSeconds: number;
  readonly leftSeconds: number;
  /** The keys that live by it. */
  readonly keys: ReadonlySet<string>;
}

/** @returns the seconds that were granted: more than were asked for when the cluster has a minimum */
export async function grantLease(
  client: EtcdClient,
  seconds: number,
  wait: Patience,
): Promise<{ id: bigint; seconds: number }> {
  const body = { TTL: String(seconds), ID: '0' };
  const answer = fields(
    await client.call({ path: '/v3/lease/grant', body, wait, ifUnknown: 'again' }),
    'lease',
  );
  return { id: int64(answer['ID'], 'ID'), seconds: Number(int64(answer['TTL'], 'TTL')) };
}

/** @returns false when there is no such lease any more */
export async function keepAlive(client: EtcdClient, id: bigint, wait: Patience): Promise<boolean> {
  const body = { ID: String(id) };
  const answer = await client.call({ path: '/v3/lease/keepalive', body, wait, ifUnknown: 'again' });
  const result = fields(fields(answer, 'answer')['result'], 'result');
  return int64(result['TTL'], 'TTL') > 0n;
}

/** Ends a lease, and with it every key that lives by it. */
export async function revokeLease(client: EtcdClient, id: bigint, wait: Patience): Promise<void> {
  try {
    const body = { ID: String(id) };
    await client.call({ path: '/v3/lease/revoke', body, wait, ifUnknown: 'again' });
  } catch (error) {
    if (!(error instanceof Refusal && error.grpc === NOT_FOUND)) throw error;
  }
}

/** Null when there is no such lease any more. */
export async function leaseFacts(client: EtcdClient, id: bigint, wait: Patience): Promise<LeaseFacts | null> {
  const body = { ID: String(id), keys: true };
  const answer = fields(
    await client.call({ path: '/v3/lease/timetolive', body, wait, ifUnknown: 'again' }),
    'lease',
  );
  const left = int64(answer['TTL'], 'TTL');
  if (left < 0n) return null;
  return {
    grantedSeconds: Number(int64(answer['grantedTTL'], 'grantedTTL')),
    leftSeconds: Number(left),
    keys: new Set(list(answer['keys'], 'keys').map((key) => text(key, 'key'))),
  };
}
