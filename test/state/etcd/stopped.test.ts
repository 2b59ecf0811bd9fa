import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { bundleProgram, type Bundle } from '../bundle.ts';
import { etcdPlace } from './place.ts';

const place = etcdPlace();
let program: Bundle;
beforeAll(async () => {
  program = await bundleProgram(new URL('holder.ts', import.meta.url));
});
afterAll(() => program.remove());

it('a process that is stopped for longer than its lease finds its lock lost, and changes nothing', async () => {
  const child = spawn(process.execPath, [program.path, place.server.endpoint, place.prefix], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('held');
  child.kill('SIGSTOP');
  const next = await place.open().lock({ name: 'rds1/vol-1', timeoutMs: Infinity });
  child.stdin.write('go\n');
  child.kill('SIGCONT');
  expect((await lines.next()).value).toBe('LOST_LOCK LOST_LOCK');
  next.assertHeld();
  expect((await place.open().read()).tokens).toEqual({ 'rds1/vol-1': 1 });
});
