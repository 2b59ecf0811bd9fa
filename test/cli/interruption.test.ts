import { describe, expect, it, vi } from 'vitest';
import { confirmer } from '../../src/cli/confirm.ts';
import { toRdsctlError, underInterruption, writeFailure } from '../../src/cli/failure.ts';
import { watchInterruption } from '../../src/cli/interruption.ts';
import { isReason, RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { makeConsole } from './console.ts';

describe('an interruption', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s aborts at first, and ends the process at once the second time', (name, exitCode) => {
    const { io, signal, endedAtOnce, written } = makeConsole();
    const interruption = watchInterruption(io);
    expect(interruption.error()).toBeNull();
    signal(name);
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.signal.reason).toBe(interruption.error());
    expect(interruption.error()).toMatchObject({ reason: 'INTERRUPTED', exitCode });
    expect(endedAtOnce).toEqual([]);
    signal('SIGINT');
    expect(endedAtOnce).toEqual([130]);
    expect(written.stderr).toContain('rdsctl reconcile');
    interruption.end();
    signal('SIGINT');
    expect(endedAtOnce).toEqual([130]);
  });

  it('by --timeout aborts with TIMED_OUT', () => {
    vi.useFakeTimers();
    try {
      const { io } = makeConsole();
      const interruption = watchInterruption(io);
      interruption.limit(90_000);
      vi.advanceTimersByTime(89_999);
      expect(interruption.signal.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      expect(interruption.error()).toMatchObject({ reason: 'TIMED_OUT', exitCode: 124 });
      interruption.end();
    } finally {
      vi.useRealTimers();
    }
  });

  it('is what a failure under it is told as, with what came of it', () => {
    const interruption = new RdsctlError('INTERRUPTED', {
      message: 'interrupted by SIGTERM',
      details: { signal: 'SIGTERM', exitCode: 143 },
    });
    const abort = new DOMException('aborted', 'AbortError');
    expect(underInterruption(abort, interruption)).toBe(interruption);
    expect(underInterruption(interruption, interruption)).toBe(interruption);
    const failure = new RdsctlError('CONNECTION_LOST', {
      message: 'rds1 went away',
      now: 'The claim is kept.',
      hints: [{ when: 'Then:', run: 'x' }],
      details: { rds: 'rds1' },
    });
    expect(underInterruption(failure, interruption)).toMatchObject({
      reason: 'INTERRUPTED',
      exitCode: 143,
      message: 'interrupted by SIGTERM: rds1 went away',
      now: 'The claim is kept.',
      details: { rds: 'rds1', during: 'CONNECTION_LOST' },
    });
    const own = new RdsctlError('INTERRUPTED', { message: 'interrupted; vol-7 is detached' });
    expect(underInterruption(own, interruption)).toMatchObject({ message: own.message, exitCode: 143 });
  });
});

describe('a defect', () => {
  it('is told as one, with the stack only for -vv', async () => {
    const error = toRdsctlError(new TypeError('x is not a function'));
    expect(error).toMatchObject({ reason: 'INTERNAL', exitCode: 1 });
    const write = async (verbose: number): Promise<string> => {
      const { io, written } = makeConsole();
      await writeFailure(error, io.stderr, { output: 'table', logFormat: 'text', coloured: false, verbose });
      return written.stderr;
    };
    expect(await write(1)).toContain('This is a defect in rdsctl');
    expect(await write(1)).not.toContain('    at ');
    expect(await write(2)).toContain('TypeError: x is not a function\n    at ');
    expect(toRdsctlError('text').message).toBe('unexpected: text');
  });
});

describe('a confirmation', () => {
  const fence = { about: 'node-2 has 2 volumes.', question: 'Fence node-2?', expect: 'node-2' };
  const sure = { about: 'Something.', question: 'Sure?' };
  const ask = async (
    typed: readonly string[] | null,
    confirmation: typeof sure & { expect?: string },
    yes = false,
  ): Promise<string> => {
    const { io, written } = makeConsole(typed === null ? {} : { terminal: { columns: 80 }, typed });
    try {
      await confirmer({ yes, io, signal: new AbortController().signal })(confirmation);
      return `agreed${written.stderr === '' ? '' : ' when asked'}`;
    } catch (error) {
      if (!(error instanceof RdsctlError)) throw error;
      return `${error.reason} ${error.exitCode}`;
    }
  };

  it('is taken from the terminal', async () => {
    expect(await ask(['y'], sure)).toBe('agreed when asked');
    expect(await ask([' YES '], sure)).toBe('agreed when asked');
    expect(await ask(['n'], sure)).toBe('DECLINED 1');
    expect(await ask([''], sure)).toBe('DECLINED 1');
    expect(await ask([], sure)).toBe('DECLINED 1');
  });

  it('wants the very word where one is asked for', async () => {
    expect(await ask(['node-2'], fence)).toBe('agreed when asked');
    expect(await ask(['y'], fence)).toBe('DECLINED 1');
    expect(await ask(['node-22'], fence)).toBe('DECLINED 1');
  });

  it('is given by --yes, and never waited for without a terminal', async () => {
    expect(await ask(null, fence, true)).toBe('agreed');
    expect(await ask(null, fence)).toBe('NEEDS_CONFIRMATION 2');
    const { io } = makeConsole();
    const confirm = confirmer({ yes: false, io, signal: new AbortController().signal });
    const error: unknown = await confirm(fence).catch((thrown: unknown) => thrown);
    if (!isReason(error, 'NEEDS_CONFIRMATION')) throw error;
    expect(error.hints).toEqual([{ when: expect.any(String) as unknown, run: '--yes' }]);
    expect(error.message).toContain('node-2 has 2 volumes.');
  });
});
