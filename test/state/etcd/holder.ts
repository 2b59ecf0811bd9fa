import { createInterface } from 'node:readline';
import { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import { openEtcdStore } from '../../../src/state/etcd/etcd-store.ts';
import { accessTo, optionsFor } from './fixture.ts';

// Takes a lock, says so, and at the next line from outside tries to go on as if nothing had happened.
const [endpoint = '', prefix = ''] = process.argv.slice(2);
const store = openEtcdStore(optionsFor(accessTo([endpoint], prefix), { leaseSeconds: 1 }));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const outcome = (error: unknown): string => (error instanceof RdsctlError ? error.reason : String(error));

const lock = await store.lock({ name: 'rds1/vol-1', timeoutMs: 0 });
await store.update((state) => ({ ...state, tokens: { 'rds1/vol-1': 1 } }));
process.stdout.write('held\n');
await lines.next();
let asserted = 'held';
try {
  lock.assertHeld();
} catch (error) {
  asserted = outcome(error);
}
const updated = await store
  .update((state) => ({ ...state, tokens: { 'rds1/vol-1': 2 } }))
  .then(() => 'done', outcome);
process.stdout.write(`${asserted} ${updated}\n`);
await store.close();
process.exit(0);
