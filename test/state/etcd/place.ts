import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest';
import type { StateCare } from '../../../src/state/care.ts';
import { openEtcdCare } from '../../../src/state/etcd/etcd-care.ts';
import { openEtcdStore, type EtcdStoreOptions } from '../../../src/state/etcd/etcd-store.ts';
import { EtcdServer } from './etcd-server.ts';
import { accessTo, newPrefix, optionsFor } from './fixture.ts';
import { EtcdProxy } from './proxy.ts';
import { RawKeys } from './raw.ts';

type Store = ReturnType<typeof openEtcdStore>;

/** One etcd for a test file, and a prefix of its own for each test. What is opened here is closed after the test. */
export interface EtcdPlace {
  readonly server: EtcdServer;
  readonly prefix: string;
  /** Other hands on the keys of the test. */
  readonly raw: RawKeys;
  /** @param endpoint another than the server's own, such as a proxy's */
  readonly open: (endpoint?: string, more?: Partial<EtcdStoreOptions>) => Store;
  readonly care: (endpoint?: string, more?: Partial<EtcdStoreOptions>) => StateCare;
  readonly proxy: () => Promise<EtcdProxy>;
}

/** To be called at the top of a test file. */
export function etcdPlace(): EtcdPlace {
  let server: EtcdServer;
  let prefix: string;
  let raw: RawKeys;
  beforeAll(async () => {
    server = await EtcdServer.start();
  });
  afterAll(() => server.dispose());
  beforeEach(() => {
    prefix = newPrefix();
    raw = new RawKeys(server.endpoint, prefix);
    onTestFinished(() => raw.client.close());
  });
  return {
    get server() {
      return server;
    },
    get prefix() {
      return prefix;
    },
    get raw() {
      return raw;
    },
    open(endpoint = server.endpoint, more = {}) {
      const store = openEtcdStore(optionsFor(accessTo([endpoint], prefix), more));
      onTestFinished(() => store.close());
      return store;
    },
    care: (endpoint = server.endpoint, more = {}) =>
      openEtcdCare(optionsFor(accessTo([endpoint], prefix), more)),
    async proxy() {
      const proxy = await EtcdProxy.start(server.endpoint);
      onTestFinished(() => proxy.close());
      return proxy;
    },
  };
}
