import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { markFenced } from '../../src/attachment/transitions.ts';
import { openFileStore } from '../../src/state/file/file-store.ts';
import { readStateFile } from '../../src/state/file/read.ts';

/**
 * The real program, killed by strace at system calls that touch the state directory: each call of each kind, one
 * after the other. `unfence --force` works on nothing but the state, the locks and the audit log.
 */
const PROGRAM = fileURLToPath(new URL('../../bin/rdsctl', import.meta.url));
const COMMAND = ['unfence', 'node-1', '--force', '--yes'];
const KINDS = [
  'fsync',
  'rename',
  'link',
  'symlink',
  'unlink',
  'pwrite64',
  'write',
  'openat',
  'fcntl',
] as const;

/** A call to be killed at: the so-many-th of its kind in its thread. */
interface Call {
  readonly kind: (typeof KINDS)[number];
  readonly nth: number;
}

let dir: string;
let calls: readonly Call[];
const stateDir = (): string => join(dir, 'state');
const pristine = (): string => join(dir, 'pristine');

function runTraced(...strace: string[]): Promise<number | NodeJS.Signals> {
  const args = ['-f', '-qq', '-y', ...strace, process.execPath, PROGRAM, ...COMMAND];
  const child = spawn('strace', args, {
    env: { PATH: process.env['PATH'], HOME: dir, RDSCTL_CONFIG: join(dir, 'config.yaml') },
    stdio: 'ignore',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code ?? -1));
  });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rdsctl-syscalls-'));
  const config = {
    apiVersion: 'rdsctl/v1',
    storageServers: { rds1: { host: '127.0.0.1', nvme: { address: '10.77.0.1', port: 4420 } } },
    nodes: { 'node-1': { transport: 'ssh', host: '127.0.0.1' } },
    state: { path: stateDir() },
  };
  writeFileSync(join(dir, 'config.yaml'), stringify(config));
  const store = openFileStore({
    directory: pristine(),
    backups: 10,
    stateLockTimeoutMs: 1000,
    holder: () => ({ who: 'ops', host: 'here', pid: process.pid, command: 'test' }),
  });
  const work = { now: '2026-01-01T00:00:00Z', by: 'ops', pid: 1 };
  await store.update((state) => ({ ...state, tokens: { 'rds1/vol-1': 1 } }));
  await store.update((state) => markFenced(state, 'node-1', null, work));
  await store.close();
  renew();
  const trace = join(dir, 'trace');
  expect(await runTraced('-e', `trace=${KINDS.join(',')}`, '-o', trace)).toBe(0);
  calls = callsIn(readFileSync(trace, 'utf8'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function renew(): void {
  rmSync(stateDir(), { recursive: true, force: true });
  cpSync(pristine(), stateDir(), { recursive: true });
}

/** Those that name something in the state directory, each with its number among its kind in its thread. */
function callsIn(trace: string): Call[] {
  const counts = new Map<string, number>();
  const found = new Map<string, Call>();
  for (const line of trace.split('\n')) {
    const match = /^(\d+) +(\w+)\(/.exec(line);
    const kind = KINDS.find((each) => each === match?.[2]);
    if (match === null || kind === undefined) continue;
    const key = `${match[1] ?? ''} ${kind}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    if (line.includes(stateDir())) found.set(`${kind} ${nth}`, { kind, nth });
  }
  return [...found.values()];
}

function isFenced(): boolean {
  return readStateFile(stateDir())?.state.nodes['node-1']?.fenced != null;
}

describe('the program, killed at a system call', () => {
  test.each(KINDS)('%s: the state is whole, old or new, and the next command clears up', async (kind) => {
    const mine = calls.filter((call) => call.kind === kind);
    expect(mine.length).toBeGreaterThan(0);
    let killed = 0;
    for (const { nth } of mine) {
      renew();
      const end = await runTraced('-e', `trace=${kind}`, '-e', `inject=${kind}:signal=KILL:when=${nth}`);
      if (end !== 'SIGKILL' && end !== 137) continue; // another thread made the calls this time
      killed += 1;
      const where = `${kind} ${nth}`;
      const before = isFenced();
      expect(readStateFile(stateDir())?.state.serial, where).toBe(before ? 2 : 3);
      expect(await runTraced('-e', 'trace=none'), where).toBe(0);
      expect(isFenced(), where).toBe(false);
      const left = readdirSync(stateDir(), { recursive: true, encoding: 'utf8' });
      if (before)
        expect(
          left.filter((name) => /tmp-|^locks\//.test(name)),
          where,
        ).toEqual([]);
      const log = readFileSync(join(stateDir(), 'audit.jsonl'), 'utf8').trimEnd().split('\n');
      expect((JSON.parse(log.at(-1) ?? '') as Record<string, unknown>)['event'], where).toBe('unfence');
    }
    expect(killed).toBeGreaterThan(0);
    expect(existsSync(join(stateDir(), 'state.json'))).toBe(true);
  });
});
