import type { StateLocation } from '../../config/state-location.ts';
import { openFileStore } from '../../state/file/file-store.ts';
import type { LockCare } from '../../state/lock-care.ts';
import type { StateStore } from '../../state/store.ts';
import type { StoreOptions } from './store-options.ts';

/** A store, and who holds which lock of it. */
export type OpenStore = StateStore & LockCare;

/**
 * Opens the store of a location. Nothing of another kind of store is loaded.
 * @throws RdsctlError BAD_KEY_FILE
 */
export async function openStore(location: StateLocation, options: StoreOptions): Promise<OpenStore> {
  if (location.kind === 'etcd') {
    const [{ openEtcdStore }, { interruptibleStore }, { withoutDead }, { etcdOptions }] = await Promise.all([
      import('../../state/etcd/etcd-store.ts'),
      import('../../state/interruptible.ts'),
      import('../../state/without-dead.ts'),
      import('./etcd-options.ts'),
    ]);
    const store = openEtcdStore(etcdOptions(location, options));
    return withoutDead(interruptibleStore(store, options.signal));
  }
  const { backups, holder, timeoutMs, hooks, staleMs } = options;
  return openFileStore({
    backups,
    holder,
    directory: location.directory,
    stateLockTimeoutMs: timeoutMs,
    ...(hooks === undefined ? {} : { hooks }),
    ...(staleMs === undefined ? {} : { staleMs }),
  });
}
