import type { ShowResult } from '../../../operations/show.ts';
import type { Style } from '../../output/style.ts';
import { foldLines } from '../../output/wrap.ts';
import { rowsOf, type Row } from './rows.ts';

/** What stands beside a row in which the views differ: clear without colour too. */
const MARK = '≠';

/** A column is not made narrower than this to fit a terminal. */
const LEAST = 12;

/** What a cell has beside its text: blanks on both sides, and a line. */
const AROUND = 3;

/**
 * The views side by side, marked where they differ, then the differences. Loads the table package: only for a person.
 * @param room columns of the terminal; undefined where there is none: then nothing is folded
 */
export async function sideBySide(
  result: ShowResult,
  style: Style,
  room: number | undefined,
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const heading = [
    '',
    'STATE',
    `STORAGE SERVER ${result.volume.rds}`,
    ...result.nodes.map(({ node }) => `NODE ${node}`),
  ];
  const rows = rowsOf(result);
  const texts = rows.map(({ label, cells, differs }) => [`${differs ? `${MARK} ` : ''}${label}`, ...cells]);
  const widths = widthsFor([heading, ...texts], room);
  const folded = (cells: readonly string[], paint: (text: string) => string): string[] =>
    cells.map((cell, index) =>
      foldLines(cell, widths[index] ?? LEAST)
        .map(paint)
        .join('\n'),
    );
  const table = new Table({
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  table.push(
    folded(heading, (text) => style.bold(text)),
    ...texts.map((cells, index) => folded(cells, paintOf(rows[index], style))),
  );
  const end =
    result.differences.length === 0
      ? style.good('The views agree.')
      : result.differences.map((difference) => `${style.bad('differs:')} ${difference}`).join('\n');
  return `${style.bold(result.volume.slot)}\n${table.toString()}\n${end}\n`;
}

function paintOf(row: Row | undefined, style: Style): (text: string) => string {
  return (text) => (row?.differs === true ? style.bad(text) : text);
}

/** As wide as what stands in them; where that is more than there is room for, the widest give way. */
function widthsFor(rows: readonly (readonly string[])[], room: number | undefined): number[] {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.flatMap((cells) => (cells[index] ?? '').split('\n').map(({ length }) => length))),
  );
  const most = room === undefined ? Infinity : room - 1 - AROUND * widths.length;
  const sum = (): number => widths.reduce((total, width) => total + width, 0);
  while (sum() > most) {
    const widest = Math.max(...widths);
    if (widest <= LEAST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}
