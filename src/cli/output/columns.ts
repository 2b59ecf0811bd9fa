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

/** Lays rows out in columns, one line a row, with a heading; ends with a newline. */
export function formatColumns<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  style: Style = PLAIN,
): string {
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map((column, index) =>
    cells.reduce((width, line) => Math.max(width, line[index]?.length ?? 0), column.title.length),
  );
  const last = columns.length - 1;
  const pad = (text: string, index: number): string => {
    const width = widths[index] ?? 0;
    if (columns[index]?.align === 'right') return text.padStart(width);
    return index === last ? text : text.padEnd(width);
  };
  const heading = columns.map((column, index) => pad(column.title, index)).join('  ');
  let out = `${style.bold(heading.trimEnd())}\n`;
  for (const [number, row] of rows.entries()) {
    const line = columns.map((column, index) => {
      const padded = pad(cells[number]?.[index] ?? '', index);
      return style.coloured && column.paint !== undefined ? column.paint(padded, row, style) : padded;
    });
    out += `${line.join('  ').trimEnd()}\n`;
  }
  return out;
}
