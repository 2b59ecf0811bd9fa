import type { Value } from '../language/index.ts';
import { shown, type Property } from './properties.ts';

/** A flag that print shows before an item, and what its header calls it. */
export interface Flag {
  readonly letter: string;
  readonly name: string;
}

/** An item as print shows it. */
export interface PrintedItem {
  /** Such as `*1F`. */
  readonly id: string;
  /** Its place in the whole list. */
  readonly number: number;
  readonly flags: ReadonlySet<string>;
  readonly comment?: string;
  readonly properties: ReadonlyMap<string, Value>;
}

export interface Layout {
  readonly properties: readonly Property[];
  readonly flags: readonly Flag[];
  /** Those that a print without `detail` shows. */
  readonly columns: readonly string[];
}

/** The header lists only flags in use, and is there even when nothing matches (seen). */
function flagHeader(layout: Layout, items: readonly PrintedItem[]): { line: string; used: readonly Flag[] } {
  const used = layout.flags.filter((flag) => items.some((item) => item.flags.has(flag.letter)));
  return { line: `Flags: ${used.map((flag) => `${flag.letter} - ${flag.name}`).join('; ')}`, used };
}

/** What names an item: its number, or its id, all equally wide. */
function labelsOf(items: readonly PrintedItem[], withIds: boolean): string[] {
  const labels = items.map((item) => (withIds ? item.id : String(item.number)));
  const width = Math.max(1, ...labels.map((label) => label.length));
  return labels.map((label) => label.padStart(width));
}

function flagColumn(used: readonly Flag[], item: PrintedItem): string {
  return used.map((flag) => (item.flags.has(flag.letter) ? flag.letter : ' ')).join('');
}

/** `print detail` (captures: lun and raid of 7.24). */
export function printDetail(
  layout: Layout,
  items: readonly PrintedItem[],
  width: number,
  withIds = false,
): string[] {
  const header = flagHeader(layout, items);
  const labels = labelsOf(items, withIds);
  const lines = [header.line];
  items.forEach((item, index) => {
    const lead = `${labels[index] ?? ''} ${flagColumn(header.used, item)} `;
    const indent = ' '.repeat(lead.length);
    if (index > 0) lines.push(' ');
    const tokens = tokensOf(layout, item);
    if (item.comment === undefined) lines.push(...wrap(lead, indent, tokens, width));
    else {
      lines.push(`${lead};;; ${item.comment}`);
      lines.push(...wrap(indent, indent, tokens, width));
    }
  });
  return lines;
}

function tokensOf(layout: Layout, item: PrintedItem): string[] {
  return layout.properties.flatMap((property) => {
    const value = item.properties.get(property.name);
    return value === undefined ? [] : [`${property.name}=${shown(property, value)}`];
  });
}

/** A token that doesn't fit goes to the next line; one that fits on no line is broken (seen). */
function wrap(lead: string, indent: string, tokens: readonly string[], asked: number): string[] {
  // However narrow the terminal is said to be: every line takes something.
  const width = Math.max(asked, indent.length + 1);
  const lines: string[] = [];
  let line = lead;
  let fresh = true;
  for (const token of tokens) {
    if (!fresh && line.length + 1 + token.length > width) {
      lines.push(line);
      line = indent;
      fresh = true;
    }
    line += fresh ? token : ` ${token}`;
    fresh = false;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = indent + line.slice(width);
    }
  }
  lines.push(line);
  return lines;
}

/** `print`: a table of the menu's chief properties (RouterOS 7's form; widths inferred). */
export function printTable(
  layout: Layout,
  items: readonly PrintedItem[],
  width: number,
  withIds = false,
): string[] {
  const header = flagHeader(layout, items);
  const columns = layout.columns.flatMap((name) => {
    const property = layout.properties.find((each) => each.name === name);
    return property === undefined || !items.some((item) => item.properties.has(name)) ? [] : [property];
  });
  const lines = header.used.length > 0 || items.length === 0 ? [header.line] : [];
  if (columns.length === 0) return lines;
  lines.push(`Columns: ${columns.map((each) => each.name.toUpperCase()).join(', ')}`);
  const labels = labelsOf(items, withIds);
  const cells = items.map((item) => columns.map((property) => bareText(property, item)));
  const widths = columns.map((each, index) =>
    Math.max(each.name.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const row = (values: readonly string[]): string =>
    values.map((value, index) => value.padEnd(widths[index] ?? 0)).join('  ');
  const gap = ' '.repeat(header.used.length);
  lines.push(
    `${'#'.padEnd(labels[0]?.length ?? 1)} ${gap} ${row(columns.map((each) => each.name.toUpperCase()))}`.slice(
      0,
      width,
    ),
  );
  items.forEach((item, index) => {
    const lead = `${labels[index] ?? ''} ${flagColumn(header.used, item)} `;
    if (item.comment !== undefined) lines.push(`;;; ${item.comment}`.slice(0, width));
    lines.push(`${lead}${row(cells[index] ?? [])}`.slice(0, width).trimEnd());
  });
  return lines;
}

/** `print terse`: one line for each item, whatever its length. */
export function printTerse(layout: Layout, items: readonly PrintedItem[], withIds = false): string[] {
  const { used } = flagHeader(layout, items);
  return items.map((item) => {
    const comment = item.comment === undefined ? [] : [`comment=${item.comment}`];
    const label = withIds ? item.id : String(item.number);
    return `${label} ${flagColumn(used, item)} ${[...comment, ...tokensOf(layout, item)].join(' ')}`;
  });
}

/** `print value-list`: a line for each property, a column for each item (RouterOS 7's form; widths inferred). */
export function printValueList(layout: Layout, items: readonly PrintedItem[], width: number): string[] {
  const there = layout.properties.filter(({ name }) => items.some((item) => item.properties.has(name)));
  const widest = Math.max(0, ...there.map(({ name }) => name.length));
  const columns = items.map((item) => Math.max(0, ...there.map((each) => bareText(each, item).length)));
  return there.map((each) => {
    const values = items.map((item, index) => bareText(each, item).padEnd(columns[index] ?? 0));
    return `${each.name.padStart(widest + 2)}: ${values.join(' ')}`.slice(0, width).trimEnd();
  });
}

/** A property's value as a table shows it: without quotes. */
function bareText(property: Property, item: PrintedItem): string {
  const value = item.properties.get(property.name);
  return value === undefined ? '' : shown(property, value).replace(/^"(.*)"$/s, '$1');
}

/** A menu with one set of settings, and monitors: names right-aligned, a colon, the value (seen). */
export function printSettings(properties: readonly Property[], values: ReadonlyMap<string, Value>): string[] {
  const there = properties.filter((each) => values.has(each.name));
  const widest = Math.max(0, ...there.map((each) => each.name.length));
  return there.map((each) => {
    const value = values.get(each.name) ?? '';
    return `${each.name.padStart(widest + 2)}: ${shown(each, value).replace(/^"(.*)"$/s, '$1')}`;
  });
}
