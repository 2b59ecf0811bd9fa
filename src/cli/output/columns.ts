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
 * Lays rows out in columns, one line a row, with a heading; ends with a newline. A thousand rows are laid out
 * at each `list`, all of it in code that never ran before: a column at a time in plain loops takes a third of
 * what a cell at a time takes.
 */
export function formatColumns<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  style: Style = PLAIN,
): string {
  const lines = new Array<string>(rows.length).fill('');
  let heading = '';
  for (const [index, column] of columns.entries()) {
    const gap = index === 0 ? '' : '  ';
    const [title = '', ...cells] = pad(column, rows, index === columns.length - 1);
    if (style.coloured && column.paint !== undefined) paint(column.paint, cells, rows, style);
    heading += gap + title;
    for (let row = 0; row < cells.length; row += 1) {
      lines[row] = `${lines[row] ?? ''}${gap}${cells[row] ?? ''}`;
    }
  }
  return `${[style.bold(heading.trimEnd()), ...lines].join('\n')}\n`;
}

/** A column's title and cells, all of one width; what is last and left needs no blanks after it. */
function pad<T>({ title, text, align }: Column<T>, rows: readonly T[], isLast: boolean): string[] {
  const cells = [title, ...rows.map(text)];
  let width = 0;
  for (const { length } of cells) if (length > width) width = length;
  if (align === 'right') return cells.map((cell) => cell.padStart(width));
  return isLast ? cells : cells.map((cell) => cell.padEnd(width));
}

function paint<T>(
  brush: NonNullable<Column<T>['paint']>,
  cells: string[],
  rows: readonly T[],
  style: Style,
): void {
  for (const [row, value] of rows.entries()) cells[row] = brush(cells[row] ?? '', value, style);
}
