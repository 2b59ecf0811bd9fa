import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { StateCare, StateCopy } from '../care.ts';
import { encodeState } from '../envelope.ts';
// A backup that the operator names is a file, wherever the state is.
import { namedCopy, writeBackupFile } from '../file/backup-file.ts';
import { patience, type Patience } from '../patience.ts';
import { serialiseBody } from '../serialise.ts';
import type { State } from '../state.ts';
import { EtcdClient } from './client/client.ts';
import { TIMINGS } from './client/timings.ts';
import { listCopies, writeCopy } from './copies.ts';
import type { EtcdStoreOptions } from './etcd-store.ts';
import { inspectKeys } from './inspect.ts';
import { Keys } from './keys.ts';
import { breakLock, listLocks, removeDeadLocks } from './lock-list.ts';
import { Reader } from './reader.ts';
import { replaceState } from './replace.ts';
import { stateOf } from './snapshot.ts';

/** A state that is put in parts takes that many times as long as one transaction. */
const MANY = 10;

/** The care of a state in an etcd cluster. Connects for each request anew. */
export function openEtcdCare(options: EtcdStoreOptions): StateCare {
  const { access, timeoutMs, timings = TIMINGS } = options;
  const keys = new Keys(access);
  const within = async <T>(
    work: (client: EtcdClient, wait: Patience) => Promise<T>,
    { times = 1, signal }: { times?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<T> => {
    const client = new EtcdClient(access, timings);
    try {
      return await work(client, patience(times * timeoutMs, signal));
    } finally {
      client.close();
    }
  };
  return {
    location: access.location,
    inspect: () => within((client, wait) => inspectKeys(client, keys, wait)),
    copy: (name) =>
      within(async (client, wait) =>
        namedCopy(await listCopies(client, keys, wait), name, keys.url(keys.copies)),
      ),
    backup: (file, overwrite) => within((client, wait) => backup(client, keys, wait, file, overwrite)),
    replace: (replacement) =>
      within((client, wait) => replaceState(client, keys, replacement, wait), {
        times: MANY,
        signal: replacement.signal,
      }),
    listLocks: () => within((client, wait) => listLocks(client, keys, wait)),
    removeDeadLocks: (only) => within((client, wait) => removeDeadLocks(client, keys, wait, only)),
    breakLock: (id) => within((client, wait) => breakLock(client, keys, wait, id)),
  };
}

async function backup(
  client: EtcdClient,
  keys: Keys,
  wait: Patience,
  file: string | null,
  overwrite: boolean,
): Promise<StateCopy> {
  const state = stateOf(keys, await new Reader(client, keys).newest(wait));
  if (state.serial === 0)
    throw new RdsctlError('STATE_UNREADABLE', {
      message: `there is no state at ${keys.url(keys.meta)} yet: nothing was ever attached`,
      now: 'Nothing was changed.',
      details: { path: keys.url(keys.meta) },
    });
  const { bytes } = encodeState(state.lineage, state.serial, serialiseBody(state));
  if (file !== null) return writeBackupFile(file, bytes, overwrite);
  const name = await writeCopy(client, keys, bytes.toString(), state.serial, wait);
  const copy = (await listCopies(client, keys, wait)).find((one) => one.name === name);
  if (copy !== undefined && isSame(copy.state, state)) return copy;
  throw new RdsctlError('STATE_UNWRITABLE', {
    message: `the copy ${keys.url(keys.copies)}${name} was written, but does not read back whole`,
    now: 'Do not rely on it.',
  });
}

function isSame(copy: State | null, { lineage, serial }: State): boolean {
  return copy?.lineage === lineage && copy.serial === serial;
}
