import type { StateLocation } from '../../config/state-location.ts';
import type { StateCare } from '../../state/care.ts';
import type { StoreOptions } from './store-options.ts';

/**
 * Opens what cares for the state of a location. Nothing of another kind of store is loaded.
 * @throws RdsctlError BAD_KEY_FILE
 */
export async function openStateCare(location: StateLocation, options: StoreOptions): Promise<StateCare> {
  if (location.kind === 'etcd') {
    const [{ openEtcdCare }, { interruptibleCare }, { etcdOptions }] = await Promise.all([
      import('../../state/etcd/etcd-care.ts'),
      import('../../state/interruptible.ts'),
      import('./etcd-options.ts'),
    ]);
    return interruptibleCare(openEtcdCare(etcdOptions(location, options)), options.signal);
  }
  const { backups, holder, timeoutMs } = options;
  const { openFileCare } = await import('../../state/file/file-care.ts');
  return openFileCare({ directory: location.directory, backups, holder, stateLockTimeoutMs: timeoutMs });
}
