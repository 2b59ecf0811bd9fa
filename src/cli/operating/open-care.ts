import type { StateLocation } from '../../config/state-location.ts';
import type { StateCare } from '../../state/care.ts';
import { openFileCare } from '../../state/file/file-care.ts';
import { noEtcdYet } from './open-store.ts';
import type { StoreOptions } from './store-options.ts';

/** Opens what cares for the state of a location. @throws RdsctlError BAD_KEY_FILE */
// eslint-disable-next-line @typescript-eslint/require-await -- other kinds of stores are loaded first
export async function openStateCare(location: StateLocation, options: StoreOptions): Promise<StateCare> {
  if (location.kind === 'etcd') throw noEtcdYet(location);
  const { backups, holder, timeoutMs } = options;
  return openFileCare({
    directory: location.directory,
    backups,
    holder,
    stateLockTimeoutMs: timeoutMs,
  });
}
