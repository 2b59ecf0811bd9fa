import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readStateFile } from '../../src/state/file/read.ts';
import { FragileDisk, layOut, readTrace, type Operation } from './power-loss.ts';

/**
 * What the real program does to its state directory, call by call, replayed on a disk that keeps for certain
 * only what was forced to it: after a power loss at any call the state is the old or the new one, whole, and the
 * new one when the result was told.
 */
const PROGRAM = fileURLToPath(new URL('../../bin/rdsctl', import.meta.url));
const CALLS = 'openat,mkdir,unlink,rename,link,copy_file_range,fsync,write,pwrite64';

let dir: string;
const stateDir = (): string => join(dir, 'state');

function rdsctl(argv: readonly string[], code = 0): Operation[] {
  const trace = join(dir, 'trace');
  const strace = ['-f', '-qq', '-y', '-xx', '-s', '1000000', '-e', `trace=${CALLS}`, '-o', trace];
  const { status, stderr } = spawnSync('strace', [...strace, process.execPath, PROGRAM, ...argv], {
    env: { PATH: process.env['PATH'], HOME: dir, RDSCTL_CONFIG: join(dir, 'config.yaml') },
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(code);
  // The locks need not survive: whoever held them is gone.
  return readTrace(readFileSync(trace, 'utf8'), stateDir()).filter(
    (each) => each.do === 'report' || !each.path.startsWith('locks'),
  );
}

function filesNow(): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const name of readdirSync(stateDir(), { recursive: true, encoding: 'utf8' })) {
    const path = join(stateDir(), name);
    if (statSync(path).isFile()) files.set(name, readFileSync(path));
  }
  return files;
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rdsctl-power-'));
  mkdirSync(stateDir());
  const config = {
    apiVersion: 'rdsctl/v1',
    storageServers: { rds1: { host: '127.0.0.1', port: 1, nvme: { address: '10.77.0.1', port: 4420 } } },
    nodes: { 'node-1': { transport: 'ssh', host: '127.0.0.1', port: 1 } },
    state: { path: stateDir() },
  };
  writeFileSync(join(dir, 'config.yaml'), stringify(config));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The serial numbers that may be read after a power loss, at each call; 0: no state yet. -1: it is damaged. */
function serials(before: ReadonlyMap<string, Buffer>, operations: readonly Operation[]): Set<number>[] {
  const disk = new FragileDisk(before);
  const found = join(dir, 'found');
  return operations.map((operation) => {
    disk.apply(operation);
    const seen = new Set<number>();
    for (const files of disk.losses()) {
      rmSync(found, { recursive: true, force: true });
      mkdirSync(found);
      layOut(files, found);
      seen.add(serialIn(found));
    }
    return seen;
  });
}

function serialIn(directory: string): number {
  try {
    return readStateFile(directory)?.state.serial ?? 0;
  } catch {
    return -1;
  }
}

describe('after a power loss', () => {
  test.each([
    // The node is marked, and the storage server can't be asked whether it exports anything to it.
    { name: 'in the first commit', argv: ['fence', 'node-1', '--yes'], code: 6 },
    { name: 'in a later commit', argv: ['unfence', 'node-1', '--force', '--yes'], code: 0 },
    { name: 'in one more', argv: ['fence', 'node-1', '--yes'], code: 6 },
  ])('$name the state is the old or the new one, and the new one when it was told', ({ argv, code }) => {
    const old = serialIn(stateDir());
    const before = filesNow();
    const operations = rdsctl(argv, code);
    const is = serialIn(stateDir());
    expect(is).toBeGreaterThan(old);
    const seen = serials(before, operations);
    const told = operations.findIndex((each) => each.do === 'report');
    expect(told).toBeGreaterThan(5);
    const all = new Set(seen.flatMap((each) => [...each]));
    expect([...all].sort()).toEqual(Array.from({ length: is - old + 1 }, (_, index) => old + index));
    for (const each of seen.slice(told)) expect([...each]).toEqual([is]);
  });

  test('the replay finds what is lost when something is not forced to disk', () => {
    const kept = join(dir, 'kept');
    cpSync(stateDir(), kept, { recursive: true });
    const before = filesNow();
    const operations = rdsctl(['unfence', 'node-1', '--force', '--yes']);
    const without = (isLeftOut: (path: string) => boolean): Set<number> => {
      const left = operations.filter((each) => !(each.do === 'fsync' && isLeftOut(each.path)));
      expect(left.length).toBeLessThan(operations.length);
      return new Set(serials(before, left).flatMap((each, at) => (at === left.length - 1 ? [...each] : [])));
    };
    // The new state's data; the name that it is put in the place of.
    expect(without((path) => path.startsWith('state.json'))).toContain(-1);
    expect(without((path) => path === '.')).toContain(serialIn(kept));
  });
});
