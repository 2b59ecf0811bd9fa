import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { encodeState } from '../../src/state/envelope.ts';
import { serialiseBody } from '../../src/state/serialise.ts';

/* Whole processes of the built program: `npm test` builds first. */

const program = path.resolve(import.meta.dirname, '../../bin/rdsctl');
const LINEAGE = '11111111-2222-4333-8444-555555555555';
const COUNT = 3000;
let home: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rdsctl-program-'));
  env = { PATH: process.env['PATH'], HOME: home, RDSCTL_CONFIG: path.join(home, 'config.yaml') };
  writeFileSync(path.join(home, 'config.yaml'), 'state: { path: ./state }\n');
  writeState();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function writeState(): void {
  const since = '2026-11-18T12:00:00.000Z';
  const slots = Array.from({ length: COUNT }, (_, index) => `vol-${index + 1}`);
  const attachments = Object.fromEntries(
    slots.map((slot) => [
      `rds1/${slot}`,
      {
        volume: `rds1/${slot}`,
        rds: 'rds1',
        slot,
        phase: 'attached' as const,
        holders: [{ node: 'node-1', hostNqn: null, device: '/dev/nvme1n1', since }] as const,
        nqn: null,
        transport: null,
        sizeBytes: 1024 ** 4,
        attachedAt: since,
        by: 'ops@admin1',
        sharedUntil: null,
        token: 1,
        intent: null,
      },
    ]),
  );
  const tokens = Object.fromEntries(slots.map((slot) => [`rds1/${slot}`, 1]));
  mkdirSync(path.join(home, 'state'));
  const { bytes } = encodeState(LINEAGE, 1, serialiseBody({ attachments, tokens, nodes: {} }));
  writeFileSync(path.join(home, 'state/state.json'), bytes);
  writeFileSync(path.join(home, 'state/lineage'), `${LINEAGE}\n`);
}

function run(command: string, args: readonly string[] = [], more: NodeJS.ProcessEnv = {}) {
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    env: { ...env, ...more },
    encoding: 'utf8',
    cwd: home,
    timeout: 30_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, signal, stdout, stderr };
}

const rdsctl = (...args: string[]) => run(program, args);
const shell = (script: string) => run('bash', ['-c', script.replaceAll('rdsctl', `"${program}"`)]);

describe('the program', () => {
  it('tells its version', () => {
    const version = { status: 0, signal: null, stdout: `${manifest.version}\n`, stderr: '' };
    expect(rdsctl('--version')).toEqual(version);
    expect(rdsctl('list', '-V')).toEqual(version);
  });

  it('works through a symbolic link, from anywhere', () => {
    symlinkSync(program, path.join(home, 'linked'));
    expect(run(path.join(home, 'linked'), ['--help']).status).toBe(0);
  });

  it('ends with the exit codes of the contract', () => {
    expect(rdsctl('list').status).toBe(0);
    expect(rdsctl('lst').status).toBe(2);
    expect(rdsctl().status).toBe(2);
    expect(rdsctl('attach', 'vol-1', 'nobody').status).toBe(3);
    expect(run(program, ['list'], { RDSCTL_CONFIG: '/nowhere' }).status).toBe(2);
  });

  it('writes all of a long result into a pipe', () => {
    const { stdout } = shell('rdsctl list -o json | { sleep 0.5; cat; }');
    expect((JSON.parse(stdout) as { items: unknown[] }).items).toHaveLength(COUNT);
  });

  it('writes all of it into a pipe that somebody made non-blocking', () => {
    const script = `const { spawnSync } = require('node:child_process');
      process.stdout._handle.setBlocking?.(false);
      spawnSync(${JSON.stringify(program)}, ['list', '-o', 'json'], { stdio: ['ignore', 1, 2] });`;
    writeFileSync(path.join(home, 'parent.cjs'), script);
    const { stdout } = shell('node parent.cjs | { sleep 0.5; cat; }');
    expect((JSON.parse(stdout) as { items: unknown[] }).items).toHaveLength(COUNT);
  });

  it.each(['list', 'list -o json', '--help', 'list -o name'])('ends quietly into head: %s', (args) => {
    const { stdout, stderr } = shell(`rdsctl ${args} | head -n 1; echo "\${PIPESTATUS[0]}"`);
    expect(stderr).toBe('');
    expect(stdout.split('\n').at(-2)).toBe('0');
  });

  it('ends quietly when nobody reads stderr', () => {
    expect(shell('rdsctl lst 2>&1 >/dev/null | true; echo "${PIPESTATUS[0]}"').stdout).toBe('2\n');
    expect(shell('rdsctl lst 2>&-; echo $?').stdout).toBe('2\n');
  });

  it('fails when its result can not be written', () => {
    const { status, stderr } = shell('rdsctl list > /dev/full');
    expect(status).toBe(1);
    expect(stderr).toContain('ENOSPC');
  });

  it('has no colours and no control characters in a pipe', () => {
    expect(rdsctl('list').stdout).not.toContain('\u001b');
    expect(rdsctl('--help').stdout).not.toContain('\u001b');
    expect(rdsctl('lst').stderr).not.toContain('\u001b');
  });
});

describe('signals', () => {
  /** Starts something that waits for a host that never answers, and signals it. */
  async function interrupted(...signals: NodeJS.Signals[]): Promise<number | null> {
    const silent = path.join(home, 'silent.cjs');
    writeFileSync(
      silent,
      `require('node:net').createServer(() => {}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`,
    );
    const server = spawn(process.execPath, [silent], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const port = await new Promise<string>((resolve) => {
        server.stdout.once('data', (data: Buffer) => resolve(String(data).trim()));
      });
      const config = path.join(home, 'silent.yaml');
      writeFileSync(
        config,
        `storageServers: { rds1: { host: 127.0.0.1, port: ${port}, verifyHostKey: false } }
nodes: { node-1: { host: 127.0.0.1, port: ${port}, verifyHostKey: false } }
timeouts: { connect: 20s }
state: { path: ./silent-state }
`,
      );
      const child = spawn(program, ['attach', 'vol-1', 'node-1', '-v'], {
        env: { ...env, RDSCTL_CONFIG: config },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      await new Promise((resolve) => child.stderr.once('data', resolve));
      for (const signal of signals) {
        child.kill(signal);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return await ended;
    } finally {
      server.kill();
    }
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends with exit code %i', async (signal, code) => {
    expect(await interrupted(signal)).toBe(code);
  });

  it('a second signal ends at once', async () => {
    expect(await interrupted('SIGTERM', 'SIGINT')).toBeOneOf([130, 143]);
  });
});

describe('starting', () => {
  /** What a command loads: files of dist by their beginning, and modules of Node. */
  function loads(...args: string[]): { files: string[]; builtins: string[] } {
    const hook = path.join(home, 'hook.cjs');
    writeFileSync(
      hook,
      `const fs = require('node:fs');
const read = fs.readFileSync;
const files = new Set();
fs.readFileSync = function (file, ...rest) {
  if (/dist.cli/.test(String(file))) files.add(require('node:path').basename(String(file)));
  return read.call(fs, file, ...rest);
};
process.on('exit', () => {
  const builtins = process.moduleLoadList.map((name) => name.replace('NativeModule ', ''));
  fs.writeFileSync(${JSON.stringify(path.join(home, 'loads.json'))}, JSON.stringify({ files: [...files], builtins }));
});
`,
    );
    run(process.execPath, ['--require', hook, program, ...args]);
    return JSON.parse(readFileSync(path.join(home, 'loads.json'), 'utf8')) as ReturnType<typeof loads>;
  }

  /** The text of the files of dist that a command loaded. */
  const text = (files: readonly string[]): string =>
    files
      .map((name) => readFileSync(path.join(path.dirname(program), '../dist/cli', name), 'utf8'))
      .join('\n');

  it('--version loads next to nothing', () => {
    const { files } = loads('--version');
    expect(text(files).length).toBeLessThan(5000);
  });

  it('--help loads no argument parser', () => {
    expect(text(loads('--help').files)).not.toContain('helpGroup');
  });

  /** A path of etcd's gateway: only what talks to it knows it. */
  const ETCD = '/v3/kv/range';

  it('list loads no YAML once the file was seen, and neither SSH nor locks', () => {
    loads('list');
    const { files, builtins } = loads('list');
    const loaded = text(files);
    expect(loaded).toContain('AttachmentList');
    for (const mark of [
      'BLOCK_FOLDED',
      'ssh-userauth',
      'fs-native-extensions',
      'cli-table',
      'Levenshtein',
      ETCD,
    ]) {
      expect(loaded, mark).not.toContain(mark);
    }
    for (const name of ['net', 'tls', 'child_process', 'readline', 'zlib', 'worker_threads', 'http']) {
      expect(builtins, name).not.toContain(name);
    }
  });

  it('list of a state in etcd loads its client, and no SSH', () => {
    const { files, builtins } = loads('list', '--state', 'etcd://127.0.0.1:1');
    expect(text(files)).toContain(ETCD);
    expect(text(files)).not.toContain('ssh-userauth');
    expect(builtins).toContain('http');
  });

  it('can find those marks: they are in what a command loads that talks to a storage server', () => {
    const config = path.join(home, 'unreachable.yaml');
    const server = '{ host: 127.0.0.1, port: 1, user: rdsctl, nvme: { address: 127.0.0.1 } }';
    writeFileSync(config, `apiVersion: rdsctl/v1\nstorageServers:\n  rds1: ${server}\n`);
    const { files, builtins } = loads('volumes', '--config', config);
    const loaded = text(files);
    for (const mark of ['BLOCK_FOLDED', 'ssh-userauth']) expect(loaded, mark).toContain(mark);
    expect(builtins).toContain('net');
  });

  it('does without a code cache', () => {
    const copy = path.join(home, 'copy');
    mkdirSync(copy);
    run('cp', ['-r', path.join(path.dirname(program), '../dist'), path.dirname(program), copy]);
    const before = run(path.join(copy, 'bin/rdsctl'), ['list']);
    expect(before).toMatchObject({ status: 0, stderr: '' });
    rmSync(path.join(copy, 'dist/cli/code-cache'), { recursive: true, force: true });
    expect(run(path.join(copy, 'bin/rdsctl'), ['list'])).toEqual(before);
  });
});
