import { flag, text } from '../specs.ts';

/** Options of every command that prints a table of many things. */
export const TABLE_OPTIONS = {
  columns: text(
    'COLUMNS',
    'Only these columns of the table, in this order: their titles, separated by commas.',
  ),
  sort: text('COLUMN', 'Sort by this column; -COLUMN turns the order round.'),
  noHeaders: flag('Leave out the line of titles.'),
};
