import { EtcdClient } from '../../../src/state/etcd/client/client.ts';
import { op, range, remove, transact, type KeyValue } from '../../../src/state/etcd/client/kv.ts';
import { revokeLease } from '../../../src/state/etcd/client/lease.ts';
import { TIMINGS } from '../../../src/state/etcd/client/timings.ts';
import { patience } from '../../../src/state/patience.ts';
import { accessTo } from './fixture.ts';

/** Other hands than a store's on the keys below a prefix: reads and changes them as they are. */
export class RawKeys {
  readonly client: EtcdClient;
  readonly prefix: string;

  constructor(endpoint: string, prefix: string) {
    this.client = new EtcdClient(accessTo([endpoint], prefix), TIMINGS);
    this.prefix = prefix;
  }

  /** Every key below the prefix, without it. */
  async all(): Promise<Map<string, KeyValue>> {
    const { keys } = await range(this.client, `${this.prefix}/`, patience(10_000));
    return new Map(keys.map((one) => [one.key.slice(this.prefix.length + 1), one]));
  }

  /** The names of the keys that match. */
  async names(pattern: RegExp): Promise<string[]> {
    return [...(await this.all()).keys()].filter((name) => pattern.test(name));
  }

  async put(name: string, value: string): Promise<void> {
    const put = op.put(`${this.prefix}/${name}`, value);
    await transact(this.client, { compare: [], success: [put], failure: [] }, patience(10_000), 'again');
  }

  async delete(name: string): Promise<void> {
    await remove(this.client, `${this.prefix}/${name}`, patience(10_000));
  }

  /** Changes the JSON of the meta key. */
  async changeMeta(change: (meta: Record<string, unknown>) => unknown): Promise<void> {
    const meta = (await this.all()).get('state/meta')?.value ?? '{}';
    await this.put('state/meta', JSON.stringify(change(JSON.parse(meta) as Record<string, unknown>)));
  }

  /** Forgets the history up to now. */
  async compact(): Promise<void> {
    const { revision } = await range(this.client, `${this.prefix}/`, patience(10_000));
    const body = { revision: String(revision), physical: true };
    await this.client.call({ path: '/v3/kv/compaction', body, wait: patience(10_000), ifUnknown: 'again' });
  }

  /** Changes what stands in the keys of locks, which go on to live by their leases. */
  async changeLocks(change: (mark: Record<string, unknown>) => unknown): Promise<void> {
    for (const [name, { key, value, lease }] of await this.all()) {
      if (!name.startsWith('locks/')) continue;
      const put = op.put(key, JSON.stringify(change(JSON.parse(value) as Record<string, unknown>)), lease);
      await transact(this.client, { compare: [], success: [put], failure: [] }, patience(10_000), 'again');
    }
  }

  /** Makes the locks of a host look as if they were taken on a machine that is not this one. */
  async pretendFrom(host: string, machine: string): Promise<void> {
    await this.changeLocks((mark) => (mark['host'] === host ? { ...mark, machine } : mark));
  }

  async revoke(lease: bigint): Promise<void> {
    await revokeLease(this.client, lease, patience(10_000));
  }

  /** One of the gateway's requests about users and roles. */
  async auth(path: string, body: object): Promise<void> {
    await this.client.call({ path, body, wait: patience(10_000), ifUnknown: 'again' });
  }
}
