import { execSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { openFileStore } from '../../src/state/file/file-store.ts';
import type { Lock } from '../../src/state/lock.ts';
import { sampleAttachment } from './samples.ts';
import type { WorkerLine, WorkerOptions, WorkerRequest } from './worker-messages.ts';

/** A process that works on a store as it is told over stdin, for tests that need several processes. */
const options = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions;
const { signalAt } = options;
const store = openFileStore({
  directory: options.directory,
  backups: options.backups ?? 5,
  stateLockTimeoutMs: 30_000,
  ...(options.staleMs === undefined ? {} : { staleMs: options.staleMs }),
  holder: () => ({ who: options.who ?? 'ops', host: hostname(), pid: process.pid, command: 'rdsctl test' }),
  ...(signalAt && {
    hooks: {
      at: (point) => {
        if (point === signalAt.point) process.kill(process.pid, signalAt.signal);
      },
    },
  }),
});
const locks = new Map<string, Lock>();

/** The wall clock as everything in this process sees it. The monotonic clock and timers know nothing of it. */
let aheadMs = 0;
const TrueDate = Date;
globalThis.Date = class extends TrueDate {
  constructor(...given: [] | [number]) {
    if (given.length === 0) super(TrueDate.now() + aheadMs);
    else super(...given);
  }
  static override now(): number {
    return TrueDate.now() + aheadMs;
  }
} as DateConstructor;

function say(line: WorkerLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function take(name: string, timeoutMs: number): Promise<Lock> {
  return store.lock({ name, timeoutMs, onWait: (holder) => say({ type: 'waiting', holder }) });
}

function held(name: string): Lock {
  const lock = locks.get(name);
  if (lock === undefined) throw new Error(`the test's mistake: no lock ${name}`);
  return lock;
}

async function add(key: string, times: number): Promise<number> {
  for (let round = 0; round < times; round += 1)
    await store.update((state) => ({
      ...state,
      tokens: { ...state.tokens, [key]: (state.tokens[key] ?? 0) + 1 },
    }));
  return (await store.read()).serial;
}

async function crowd(name: string, times: number, file: string): Promise<void> {
  for (let round = 0; round < times; round += 1) {
    const lock = await store.lock({ name, timeoutMs: Infinity });
    // Fails when somebody else is in here.
    closeSync(openSync(`${file}.guard`, 'wx'));
    const count = Number(readFileSync(file, 'utf8'));
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(file, String(count + 1));
    lock.assertHeld();
    unlinkSync(`${file}.guard`);
    await lock.release();
  }
}

async function fill(): Promise<never> {
  for (let number = 1; ; number += 1) {
    const attachment = sampleAttachment(`vol-${number}`, { by: 'x'.repeat(4000) });
    await store.update((state) => ({
      ...state,
      attachments: { ...state.attachments, [attachment.volume]: attachment },
    }));
  }
}

async function answer(request: WorkerRequest): Promise<unknown> {
  switch (request.do) {
    case 'lock':
      locks.set(request.name, await take(request.name, request.timeoutMs ?? Infinity));
      return null;
    case 'assert-held':
      held(request.name).assertHeld();
      return null;
    case 'release':
      await held(request.name).release();
      return null;
    case 'set':
      return store.update((state) => ({
        ...state,
        tokens: { ...state.tokens, [request.key]: request.value },
      }));
    case 'add':
      return add(request.key, request.times);
    case 'read':
      return store.read();
    case 'crowd':
      return crowd(request.name, request.times, request.file);
    case 'fill':
      return fill();
    case 'set-clock':
      aheadMs = request.aheadMs;
      return null;
    case 'shell':
      return execSync(request.command, { encoding: 'utf8', stdio: 'pipe' });
    case 'close':
      await store.close();
      return null;
  }
}

say({ type: 'ready' });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say({ type: 'done', value: (await answer(JSON.parse(line) as WorkerRequest)) ?? null });
  } catch (error) {
    const known = error instanceof RdsctlError ? error : null;
    say({
      type: 'failed',
      reason: known?.reason ?? 'NOT_AN_RDSCTL_ERROR',
      message: String(error),
      details: known?.details ?? {},
    });
  }
}
