import { PLAIN, type Style } from './style.ts';

/** One column of a list. */
export interface Column<T> {
  readonly title: string;
  /** The bare text of a row's cell. */
  readonly text: (row: T) => string;
  readonly align?: 'left' | 'right';
  /** Adds colour to a cell that is already as wide as its column. */
  readonly paint?: (padded: string, row: T, style: Style) => string;
}

/**
 * Lays rows out in columns, one line a row, with a heading; ends with a newline. A thousand rows and more are laid out
 * at each `list`, all of it in code that never ran before: plain loops over a column at a time, with nothing called
 * for a cell, take half of what anything neater takes.
 */
export function formatColumns<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  style: Style = PLAIN,
): string {
  let heading = '';
  const lines = new Array<string>(rows.length).fill('');
  for (const [index, column] of columns.entries()) {
    const { title, paint } = column;
    const { cells, width } = cellsOf(column, rows);
    const isRight = column.align === 'right';
    const isLast = index === columns.length - 1;
    const gap = isLast ? '' : '  ';
    // By how much is missing to the width. What is last and left needs no blanks after it.
    const isBare = isLast && !isRight;
    const blanks = Array.from({ length: width + 1 }, (_, count) => (isBare ? '' : ' '.repeat(count)));
    const inked = style.coloured && paint !== undefined;
    // A left cell's gap goes with its blanks.
    const after = isRight || inked ? blanks : blanks.map((some) => some + gap);
    for (let row = 0; row < cells.length; row += 1) {
      const cell = cells[row] ?? '';
      const more = after[width - cell.length] ?? '';
      const line = lines[row] ?? '';
      if (inked) lines[row] = line + paint(isRight ? more + cell : cell + more, rows[row] as T, style) + gap;
      else lines[row] = isRight ? line + more + cell + gap : line + cell + more;
    }
    const more = blanks[width - title.length] ?? '';
    heading += (isRight ? more + title : title + more) + gap;
  }
  lines.unshift(style.bold(heading.trimEnd()));
  return `${lines.join('\n')}\n`;
}

function cellsOf<T>(
  { title, text }: Column<T>,
  rows: readonly T[],
): { readonly cells: readonly string[]; readonly width: number } {
  const cells = new Array<string>(rows.length);
  let width = title.length;
  for (let row = 0; row < cells.length; row += 1) {
    const cell = text(rows[row] as T);
    cells[row] = cell;
    if (cell.length > width) width = cell.length;
  }
  return { cells, width };
}
