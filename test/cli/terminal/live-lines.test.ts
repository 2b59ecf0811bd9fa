import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/operations/ports/reporter.ts';
import { PLAIN } from '../../../src/cli/output/style.ts';
import { liveLines, type LiveLook } from '../../../src/cli/progress/live-lines.ts';
import { ProgressState } from '../../../src/cli/progress/progress-state.ts';

const START = Date.parse('2026-11-20T14:03:00.000Z');

function lines(events: readonly Progress[], look: Partial<LiveLook> = {}): readonly string[] {
  const state = new ProgressState();
  for (const event of events) state.take(event, START);
  return liveLines(state, {
    now: START,
    columns: 80,
    rows: 24,
    style: PLAIN,
    unicode: true,
    ...look,
  });
}

const step = (id: string, title: string, item?: string): Progress => ({
  type: 'step',
  id,
  title,
  ...(item === undefined ? {} : { item }),
});

const HOLDER = {
  who: 'ops',
  host: 'admin1',
  pid: 4711,
  command: 'rdsctl move vol-7 node-2',
  since: '2026-11-20T14:02:48.000Z',
};
const WAIT: Progress = { type: 'waiting', lock: 'rds1/vol-7', holder: HOLDER };

const MANY: readonly Progress[] = [
  { type: 'items', total: 40 },
  ...Array.from({ length: 12 }, (_, index): Progress => {
    const name = `vol-${index + 1}`;
    return { type: 'item', id: `rds1/${name}`, name };
  }),
  step('rds1/vol-2 grant', 'rds1: export vol-2 to node-1 alone', 'rds1/vol-2'),
  step('rds1/vol-3 state', 'vol-3: state: attached', 'rds1/vol-3'),
  { type: 'item-end', id: 'rds1/vol-1', result: 'done' },
  { type: 'item-end', id: 'rds1/vol-12', result: 'failed', note: 'no' },
];

describe('what runs, as lines', () => {
  it('is nothing when nothing runs', () => {
    expect(lines([])).toEqual([]);
    expect(lines([step('a', 'x'), { type: 'step-end', id: 'a', result: 'done' }])).toEqual([]);
    expect(lines([WAIT, { type: 'waited', lock: 'rds1/vol-7' }])).toEqual([]);
    expect(lines([...MANY, { type: 'items-end' }])).not.toContainEqual(expect.stringContaining('volumes'));
  });

  it('is a line for each step, with its time from one second on', () => {
    const steps = [step('a', 'rds1: look at vol-1'), step('b', 'node-1: connect')];
    expect(lines(steps)).toEqual(['⠋ rds1: look at vol-1', '⠋ node-1: connect']);
    expect(lines(steps, { now: START + 3900 })[0]).toMatch(/^. rds1: look at vol-1 3 s$/);
    expect(lines(steps, { now: START + 185_000 })[0]).toMatch(/ 3 min 5 s$/);
    expect(lines(steps, { now: START + 200 })[0]?.[0]).not.toBe('⠋');
    expect(lines(steps, { unicode: false })[0]).toBe('| rds1: look at vol-1');
  });

  it('names what is waited for and who has it, and counts the time up', () => {
    expect(lines([WAIT])).toEqual([
      '⠋ waiting for vol-7: held by `move vol-7 node-2`, ops@admin1, pid 4711, 12 s',
    ]);
    expect(lines([WAIT], { now: START + 50_000, columns: 90 })[0]).toMatch(/pid 4711, 1 min 2 s$/);
    expect(lines([WAIT], { columns: 40 })).toEqual([
      '⠋ waiting for vol-7: held by `move',
      '  vol-7 node-2`, ops@admin1, pid 4711,',
      '  12 s',
    ]);
  });

  it('is a bar for many, and the volumes in work with what is done to each', () => {
    const shown = lines(MANY, { now: START + 4000 });
    expect(shown[0]).toBe(` ${'█'.repeat(1)}${'░'.repeat(29)}  2 of 40 volumes, 1 failed 4 s`);
    expect(shown[1]).toMatch(/^ {2}. vol-2: rds1: export vol-2 to node-1 alone 4 s$/);
    expect(shown[2]).toMatch(/^ {2}. vol-3: state: attached 4 s$/);
    expect(shown[3]).toMatch(/^ {2}. vol-4 4 s$/);
    expect(shown).toHaveLength(11);
    const ascii = lines(
      [
        { type: 'items', total: 4 },
        { type: 'item', id: 'x', name: 'x' },
      ],
      {
        unicode: false,
      },
    );
    expect(ascii[0]).toBe(`[${'.'.repeat(30)}] 0 of 4 volumes 0 s`);
    const ended: Progress = { type: 'item-end', id: 'x', result: 'done' };
    expect(lines([{ type: 'items', total: 1 }, { type: 'item', id: 'x', name: 'x' }, ended])[0]).toContain(
      '█'.repeat(30),
    );
  });

  it.each([1, 2, 5, 10, 20, 30, 79, 200])('fits a terminal that is %i wide', (columns) => {
    for (const rows of [1, 2, 3, 8, 24]) {
      const shown = lines([...MANY, WAIT, step('a', 'x'.repeat(300))], { columns, rows, now: START + 5000 });
      expect(shown.length).toBeLessThanOrEqual(Math.max(1, rows - 2));
      if (columns < 5) continue;
      for (const line of shown) expect(line.length).toBeLessThan(columns);
    }
  });

  it('says how many more there are than it has room for', () => {
    expect(lines(MANY, { rows: 7 })).toEqual([
      expect.stringContaining('2 of 40'),
      expect.stringContaining('vol-2'),
      expect.stringContaining('vol-3'),
      expect.stringContaining('vol-4'),
      '  … and 7 more',
    ]);
  });

  it('lets nothing that came from elsewhere move the cursor', () => {
    const bad = '\u001b[2J\r\nx\u009b1A\u0007';
    const shown = lines([step('a', bad), { ...WAIT, holder: { ...HOLDER, who: bad } }]);
    // eslint-disable-next-line no-control-regex -- what must not be there
    for (const line of shown) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});
