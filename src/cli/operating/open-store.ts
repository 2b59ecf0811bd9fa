import type { EtcdLocation, StateLocation } from '../../config/state-location.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
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
    const [{ openEtcdStore }, { etcdOptions }] = await Promise.all([
      import('../../state/etcd/etcd-store.ts'),
      import('./etcd-options.ts'),
    ]);
    return openEtcdStore(etcdOptions(location, options));
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

export function noEtcdYet({ url }: EtcdLocation): RdsctlError {
  return new RdsctlError('BAD_ARGUMENT', {
    message: `the state can be kept in a directory only, not at ${url}`,
    now: 'Nothing was changed.',
    hints: [{ when: 'Name a directory:', run: 'rdsctl --state /var/lib/rdsctl list' }],
  });
}
