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
 * at each `list`, so it makes no text that is thrown away again.
 */
export function formatColumns<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  style: Style = PLAIN,
): string {
  const cells = columns.map((column) => rows.map((row) => column.text(row)));
  const widths = columns.map(({ title }, index) => longest(cells[index] ?? [], title.length));
  const lay = (parts: string[], index: number, text: string, row: T | null): void => {
    const { align, paint } = columns[index] as Column<T>;
    const isLast = index === columns.length - 1;
    const blanks = blank((widths[index] ?? 0) - text.length);
    const before = align === 'right' ? blanks : '';
    const after = align === 'right' || isLast ? '' : blanks;
    if (index > 0) parts.push('  ');
    if (row !== null && style.coloured && paint !== undefined) {
      parts.push(paint(`${before}${text}${after}`, row, style));
    } else {
      parts.push(before, text, after);
    }
  };
  const heading: string[] = [];
  for (const [index, { title }] of columns.entries()) lay(heading, index, title, null);
  const parts = [style.bold(heading.join('').trimEnd()), '\n'];
  for (let number = 0; number < rows.length; number += 1) {
    for (let index = 0; index < columns.length; index += 1) {
      lay(parts, index, cells[index]?.[number] ?? '', rows[number] as T);
    }
    parts.push('\n');
  }
  return parts.join('');
}

function longest(texts: readonly string[], least: number): number {
  let width = least;
  for (const text of texts) if (text.length > width) width = text.length;
  return width;
}

const BLANKS: string[] = [];

function blank(width: number): string {
  return (BLANKS[width] ??= ' '.repeat(width));
}
