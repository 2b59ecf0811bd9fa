import { afterAll, beforeAll } from 'vitest';
import { openEtcdStore } from '../../../src/state/etcd/etcd-store.ts';
import { describeStateStore } from '../conformance.ts';
import { EtcdServer } from './etcd-server.ts';
import { accessTo, newPrefix, optionsFor } from './fixture.ts';

let server: EtcdServer;
beforeAll(async () => {
  server = await EtcdServer.start();
});
afterAll(() => server.dispose());

// eslint-disable-next-line @typescript-eslint/require-await -- the suite's factory may be asynchronous
describeStateStore('etcd', async () => {
  const access = accessTo([server.endpoint], newPrefix());
  return {
    open: () => openEtcdStore(optionsFor(access)),
    dispose: () => Promise.resolve(),
  };
});
