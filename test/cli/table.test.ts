import { describe, expect, it } from 'vitest';
import { formatTable, type TableColumn } from '../../src/cli/output/table.ts';
import { PLAIN } from '../../src/cli/output/style.ts';

interface Row {
  readonly name: string;
  readonly note: string;
  readonly nqn: string;
}

const columns: readonly TableColumn<Row>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'NQN', cuts: true, text: ({ nqn }) => nqn },
  { title: 'NOTE', cuts: true, text: ({ note }) => note },
];
const rows: readonly Row[] = [
  { name: 'a-long-name-that-is-never-cut', nqn: 'nqn.2014-08.org.nvmexpress:uuid:1', note: 'short' },
  { name: 'b', nqn: 'nqn.2014-08', note: 'a note that goes on and on' },
];
const choice = { columns: undefined, sort: undefined, noHeaders: false };
const table = (room: number | undefined, wide = false): string[] =>
  formatTable(columns, rows, { style: PLAIN, wide, choice, room }).trimEnd().split('\n');

describe('a table on a terminal', () => {
  it.each([60, 70, 80, 90])('fits %i columns, and shows what was cut', (room) => {
    for (const line of table(room)) expect(line.length).toBeLessThanOrEqual(room);
    expect(table(room).join('')).toContain('…');
    expect(table(room).join('')).toContain('a-long-name-that-is-never-cut');
  });

  it('cuts the widest first', () => {
    const [, first = ''] = table(80);
    expect(first).toContain('…  short');
    expect(table(88)[2]).toContain('a note that goes on and on');
  });

  it('is whole where there is room, in a pipe and with -o wide', () => {
    for (const whole of [table(200), table(undefined), table(40, true)])
      expect(whole.join('')).not.toContain('…');
  });

  it('stays readable where there is no room at all', () => {
    expect(table(10)[1]).toMatch(/^a-long-name-that-is-never-cut {2}nqn\.201… {2}short/);
  });
});
