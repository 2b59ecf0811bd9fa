import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { formatColumns, type Column } from './columns.ts';
import { sortNaturally } from './natural-order.ts';
import type { Style } from './style.ts';

/** A column of a table that can be chosen and sorted by. */
export interface TableColumn<T> extends Column<T> {
  /** Shown only with `-o wide`, or when it is named. */
  readonly wide?: boolean;
  /** What it is sorted by, where that isn't the text of its cells. */
  readonly order?: (row: T) => number;
  /** Free text that may be cut so that the table fits the terminal. */
  readonly cuts?: boolean;
}

/** What the options of a table say: see TABLE_OPTIONS. */
export interface TableChoice {
  readonly columns: string | undefined;
  readonly sort: string | undefined;
  readonly noHeaders: boolean;
}

export interface TableLook {
  readonly style: Style;
  readonly wide: boolean;
  readonly choice: TableChoice;
  /** Columns of the terminal; left out where there is none: then nothing is cut. */
  readonly room: number | undefined;
}

/**
 * Lays out rows as the operator wants them.
 * @throws RdsctlError BAD_ARGUMENT for a column that there is not
 */
export function formatTable<T>(
  columns: readonly TableColumn<T>[],
  rows: readonly T[],
  look: TableLook,
): string {
  const { style, wide, choice, room } = look;
  const shown =
    choice.columns === undefined
      ? columns.filter((column) => wide || column.wide !== true)
      : choice.columns.split(',').map((title) => find(columns, title, '--columns'));
  const fitting = room === undefined || wide ? shown : fit(shown, rows, room);
  const out = formatColumns(fitting, rows, style);
  return choice.noHeaders ? out.slice(out.indexOf('\n') + 1) : out;
}

/**
 * Sorts rows by the column that was named, if one was.
 * @throws RdsctlError BAD_ARGUMENT for a column that there is not
 */
export function sortRows<T>(
  columns: readonly TableColumn<T>[],
  rows: readonly T[],
  sort: string | undefined,
): readonly T[] {
  if (sort === undefined) return rows;
  const backwards = sort.startsWith('-');
  const { order, text } = find(columns, backwards ? sort.slice(1) : sort, '--sort');
  const sorted =
    order === undefined ? sortNaturally(rows, text) : [...rows].sort((a, b) => order(a) - order(b));
  return backwards ? sorted.reverse() : sorted;
}

function find<T>(columns: readonly TableColumn<T>[], name: string, option: string): TableColumn<T> {
  const title = name.trim().toUpperCase();
  const found = columns.find((column) => column.title === title);
  if (found !== undefined) return found;
  const known = columns.map((column) => column.title.toLowerCase());
  throw new RdsctlError('BAD_ARGUMENT', {
    message: `${option}: there is no column ${JSON.stringify(name)}, only ${known.join(', ')}`,
    details: { known },
  });
}

/** The shortest that a column is cut to. */
const LEAST = 8;

/** Cuts free text, the widest column first, until the table fits. */
function fit<T>(
  columns: readonly TableColumn<T>[],
  rows: readonly T[],
  room: number,
): readonly TableColumn<T>[] {
  const widths = columns.map(({ title, text }) =>
    rows.reduce((most, row) => Math.max(most, text(row).length), title.length),
  );
  let over = widths.reduce((sum, width) => sum + width, 0) + 2 * (columns.length - 1) - room;
  const limits = [...widths];
  while (over > 0) {
    const can = columns.flatMap(({ cuts }, index) =>
      cuts === true && (limits[index] ?? 0) > LEAST ? [index] : [],
    );
    const widest = can.sort((a, b) => (limits[b] ?? 0) - (limits[a] ?? 0))[0];
    if (widest === undefined) break;
    limits[widest] = (limits[widest] ?? 0) - 1;
    over -= 1;
  }
  return columns.map((column, index) => {
    const limit = limits[index] ?? 0;
    return limit === widths[index] ? column : { ...column, text: (row: T) => cut(column.text(row), limit) };
  });
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
