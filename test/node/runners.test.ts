import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import { localRunner } from '../../src/node/local-runner.ts';
import { sshRunner } from '../../src/node/ssh-runner.ts';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { FakeConnection } from '../fakes/fake-connection.ts';
import { failure } from '../fakes/outcome.ts';

describe('scripts on this host', () => {
  const runner = localRunner('node-1', false);
  const run = (script: string, args: readonly string[] = [], timeoutMs = 30_000) =>
    runner.run(script, args, { timeoutMs });

  it('come in on standard input, with their arguments as they are', async () => {
    const args = ['a b', '$(id)', "quo'te", '-x', '', '*', '\u00e4'];
    const { stdout, exitCode } = await run('for a in "$@"; do printf "<%s>" "$a"; done', args);
    expect(Buffer.from(stdout, 'latin1').toString()).toBe(args.map((arg) => `<${arg}>`).join(''));
    expect(exitCode).toBe(0);
  });

  it('give both outputs, byte for byte, and the exit code', async () => {
    const result = await run('printf "\\303\\244\\377\\n"; echo oops >&2; exit 7');
    expect(result).toEqual({ stdout: '\u00c3\u00a4\u00ff\n', stderr: 'oops\n', exitCode: 7, signal: null });
  });

  it('killed by a signal have no exit code', async () => {
    expect(await run('kill -9 $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  it('may end before they were read whole', async () => {
    expect((await run(`exit 3\n${'# filler\n'.repeat(200_000)}`)).exitCode).toBe(3);
  });

  it('may print more than a pipe holds', async () => {
    expect(
      (await run('i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done')).stdout,
    ).toHaveLength(220_000);
  });

  it('that take too long are killed: what was asked may have happened', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rdsctl-runner-'));
    onTestFinished(() => {
      rmSync(directory, { recursive: true, force: true });
    });
    const error = await failure(run(`echo $$ >"$1"; exec sleep 600`, [join(directory, 'pid')], 300));
    expect(error).toMatchObject({
      reason: 'NO_ANSWER',
      exitCode: 6,
      details: { node: 'node-1', sent: true },
    });
    const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'));
    await gone(pid);
  });

  it('end by the signal, with its reason', async () => {
    const stop = new AbortController();
    const reason = new RdsctlError('INTERRUPTED', { message: 'interrupted' });
    const running = runner.run('exec sleep 600', [], { timeoutMs: 30_000, signal: stop.signal });
    stop.abort(reason);
    expect(await failure(running)).toBe(reason);
    expect(await failure(runner.run(':', [], { timeoutMs: 30_000, signal: stop.signal }))).toBe(reason);
  });

  it('are shown as the command that is run', () => {
    expect(runner.commandLine(['n0', "it's"])).toBe(`/bin/sh -s -- n0 'it'\\''s'`);
    expect(localRunner('node-1', true).commandLine(['n0'])).toBe('sudo -n /bin/sh -s -- n0');
  });

  it('open and close nothing', async () => {
    runner.open();
    await expect(runner.close()).resolves.toBeUndefined();
  });
});

describe('scripts over SSH', () => {
  it('come in on standard input; only quoted words stand in the command', async () => {
    const connection = new FakeConnection(() => ({ stdout: 'x' }));
    const runner = sshRunner(connection, false);
    const { signal } = new AbortController();
    expect((await runner.run('script', ['n0', "a'b $x"], { timeoutMs: 5, signal })).stdout).toBe('x');
    expect(connection.sent).toEqual([
      { command: `/bin/sh -s -- n0 'a'\\''b $x'`, options: { stdin: 'script', timeoutMs: 5, signal } },
    ]);
    runner.open();
    await runner.close();
    expect([connection.opened, connection.closed]).toEqual([1, true]);
  });

  it('with sudo, which must not ask', () => {
    expect(sshRunner(new FakeConnection(() => ({})), true).commandLine(['n0'])).toBe(
      'sudo -n /bin/sh -s -- n0',
    );
  });
});

/** Waits until a process is gone; the test's own time-out ends it otherwise. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
