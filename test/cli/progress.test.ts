import { describe, expect, it } from 'vitest';
import type { Progress } from '../../src/operations/ports/reporter.ts';
import { progressJson } from '../../src/cli/progress/progress-json.ts';
import { progressLines } from '../../src/cli/progress/progress-lines.ts';
import { PLAIN } from '../../src/cli/output/style.ts';
import { makeConsole } from './console.ts';

const EVENTS: readonly Progress[] = [
  { type: 'step', id: 'rds', title: 'grant vol-7 to node-2' },
  { type: 'command', host: 'rds1', command: ':put 1\n:put 2', changes: true },
  { type: 'command', host: 'node-2', command: 'cat /proc/mounts', changes: false },
  { type: 'step-end', id: 'rds', result: 'unchanged', note: 'it was so' },
  {
    type: 'waiting',
    lock: 'rds1/vol-7',
    holder: {
      who: 'ops',
      host: 'admin1',
      pid: 4711,
      command: 'rdsctl move vol-7 node-2',
      since: '2026-11-20T14:02:48.000Z',
    },
  },
  { type: 'waiting', lock: 'rds1/vol-7', holder: null },
  { type: 'waited', lock: 'rds1/vol-7' },
  { type: 'warning', message: 'careful\nindeed' },
];

const WARNING = 'warning: careful\n         indeed\n';
const STEPS =
  '… grant vol-7 to node-2\n' +
  'unchanged grant vol-7 to node-2 (it was so) 0.0 s\n' +
  'waiting for vol-7: held by `move vol-7 node-2`, ops@admin1, pid 4711, 12 s\n' +
  'waiting for vol-7: another command works on it\n' +
  'waited    for vol-7: another command works on it 0.0 s\n' +
  WARNING;

function lines(loudness: { quiet?: boolean; verbose?: number }, isTTY: boolean): string {
  const { io, written } = makeConsole(isTTY ? { terminal: { columns: 80 } } : {});
  const report = progressLines({
    stderr: io.stderr,
    style: PLAIN,
    now: () => io.now(),
    quiet: false,
    verbose: 0,
    ...loudness,
  });
  for (const event of EVENTS) report(event);
  expect(written.stdout).toBe('');
  return written.stderr;
}

describe('progress', () => {
  it('shows steps on a terminal, and only warnings elsewhere', () => {
    expect(lines({}, true)).toBe(STEPS);
    expect(lines({}, false)).toBe(WARNING);
  });

  it('shows steps with -v, commands with -vv, wherever stderr goes', () => {
    expect(lines({ verbose: 1 }, false)).toBe(STEPS);
    expect(lines({ verbose: 2 }, false)).toContain('rds1# :put 1\nrds1# :put 2\nnode-2> cat /proc/mounts\n');
  });

  it('shows nothing with -q', () => {
    expect(lines({ quiet: true }, true)).toBe('');
    expect(lines({ quiet: true, verbose: 2 }, true)).toBe('');
  });

  it('is a JSON object a line with --log-format json', () => {
    const { io, written } = makeConsole();
    const options = { stderr: io.stderr, now: () => io.now(), quiet: false };
    const quieter = progressJson({ ...options, verbose: 0 });
    for (const event of EVENTS) quieter(event);
    const events = written.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ level, event }) => `${String(level)} ${String(event)}`)).toEqual([
      'info step',
      'info step-end',
      'info waiting',
      'info waiting',
      'info waited',
      'warning warning',
    ]);
    expect(events[0]).toEqual({
      time: '2026-11-20T14:03:00.000Z',
      level: 'info',
      event: 'step',
      id: 'rds',
      title: 'grant vol-7 to node-2',
    });
    written.stderr = '';
    const louder = progressJson({ ...options, verbose: 2 });
    for (const event of EVENTS) louder(event);
    expect(written.stderr).toContain('"event":"command","host":"rds1"');
  });
});
