import { patience } from '../patience.ts';
import type { State } from '../state.ts';
import type { WatchOptions } from '../store.ts';
import type { EtcdClient } from './client/client.ts';
import { changes } from './client/watch.ts';
import type { Keys } from './keys.ts';
import type { Reader } from './reader.ts';
import { stateOf } from './snapshot.ts';

export interface Watching {
  readonly client: EtcdClient;
  readonly keys: Keys;
  readonly reader: Reader;
  /** Milliseconds that one read may take in all. */
  readonly timeoutMs: number;
}

/**
 * The state, and each later one as etcd tells that there is one; of several that come together the last.
 * @throws RdsctlError as a read does
 */
export async function* watchState(
  { client, keys, reader, timeoutMs }: Watching,
  { signal }: WatchOptions,
): AsyncGenerator<State, void, undefined> {
  let told: bigint | null = null;
  const read = async (): Promise<{ state: State | null; revision: bigint }> => {
    const snapshot = await reader.newest(patience(timeoutMs, signal));
    const isNew = snapshot.metaRevision !== told;
    told = snapshot.metaRevision;
    return { state: isNew ? stateOf(keys, snapshot) : null, revision: snapshot.revision };
  };
  try {
    if (signal.aborted) return;
    const first = await read();
    if (first.state !== null) yield first.state;
    const later = changes(client, { keyOrPrefix: keys.meta, from: first.revision + 1n, signal });
    try {
      while ((await later.next()).done !== true) {
        const { state } = await read();
        if (state !== null) yield state;
      }
    } finally {
      await later.return();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
