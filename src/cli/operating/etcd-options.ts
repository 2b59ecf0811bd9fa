import type { EtcdLocation } from '../../config/state-location.ts';
import type { EtcdStoreOptions } from '../../state/etcd/etcd-store.ts';
import { readCredentials } from './etcd-credentials.ts';
import type { StoreOptions } from './store-options.ts';

/** What a store in etcd, or its care, is opened with. @throws RdsctlError BAD_KEY_FILE */
export function etcdOptions(
  location: EtcdLocation,
  { timeoutMs, leaseMs, holder, hooks }: StoreOptions,
): EtcdStoreOptions {
  const { endpoints, prefix, url } = location;
  return {
    access: { endpoints, prefix, location: url, ...readCredentials(location) },
    timeoutMs,
    holder,
    ...(leaseMs === undefined ? {} : { leaseSeconds: leaseMs / 1000 }),
    ...(hooks === undefined ? {} : { hooks }),
  };
}
