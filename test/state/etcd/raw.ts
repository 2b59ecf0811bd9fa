import { EtcdClient } from '../../../src/state/etcd/client/client.ts';
import { op, range, remove, transact, type KeyValue } from '../../../src/state/etcd/client/kv.ts';
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
}
