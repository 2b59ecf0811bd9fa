import { randomUUID } from 'node:crypto';
import type { EtcdAccess } from '../../../src/state/etcd/access.ts';
import type { EtcdStoreOptions } from '../../../src/state/etcd/etcd-store.ts';

/** A prefix that no other test uses. */
export function newPrefix(): string {
  return `/test-${randomUUID()}`;
}

/** Access without TLS and login. */
export function accessTo(
  endpoints: readonly string[],
  prefix: string,
  more: Partial<EtcdAccess> = {},
): EtcdAccess {
  const hosts = endpoints.map((endpoint) => endpoint.replace(/^https?:\/\//, '')).join(',');
  return { endpoints, prefix, location: `etcd://${hosts}${prefix}`, tls: null, login: null, ...more };
}

/** The options that tests use. */
export function optionsFor(access: EtcdAccess, more: Partial<EtcdStoreOptions> = {}): EtcdStoreOptions {
  return {
    access,
    timeoutMs: 20_000,
    holder: () => ({ who: 'ops', host: 'admin1', pid: process.pid, command: 'rdsctl test' }),
    ...more,
  };
}
