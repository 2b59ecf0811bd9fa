// A process that takes a lock again and again, for bench/locks.js: DIRECTORY TURNS. Begins when a line comes in, and
// prints when it began to wait, when it had the lock and when it gave it back, in nanoseconds that all processes share.
import { once } from 'node:events';
import { openStore } from './start-up.js';

const [, , directory, turns] = process.argv;
const HOLD_MS = 5;
const store = await openStore(directory);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const log = [];
for (let turn = 0; turn < Number(turns); turn += 1) {
  const asked = process.hrtime.bigint();
  const lock = await store.lock({ name: 'rds1/vol-1', timeoutMs: 120_000 });
  const had = process.hrtime.bigint();
  await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
  const gave = process.hrtime.bigint();
  await lock.release();
  log.push([asked, had, gave].map(String));
}
await store.close();
process.stdout.write(`${JSON.stringify(log)}\n`, () => process.exit(0));
