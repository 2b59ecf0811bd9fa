import { formatSource } from '../../../config/effective-config.ts';
import { writtenForm } from '../../../config/written-form.ts';
import { formatKey, type KeyPath } from '../../../config/problem.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import type { Handler } from '../../command.ts';
import { formatColumns } from '../../output/columns.ts';
import type { configShow } from './definition.ts';

/** Shows the effective configuration with where each value came from. */
export const run: Handler<typeof configShow> = async ({ config, out, report }) => {
  const effective = await config();
  for (const message of effective.warnings) report({ type: 'warning', message });
  const rows = leaves(writtenForm(effective.config)).map(({ path, value }) => ({
    key: formatKey(path),
    value,
    source: formatSource(effective.sourceOf(path)),
  }));
  await out.one({
    kind: 'Config',
    body: () => ({
      file: effective.file,
      config: writtenForm(effective.config),
      sources: Object.fromEntries(rows.map(({ key, source }) => [key, source])),
    }),
    text: (style) =>
      formatColumns(
        [
          { title: 'KEY', text: ({ key }) => key },
          { title: 'VALUE', text: ({ value }) => show(value) },
          { title: 'FROM', text: ({ source }) => source, paint: (text) => style.dim(text) },
        ],
        rows,
        style,
      ),
    names: () => rows.map(({ key, value }) => `${key}=${show(value)}`),
  });
  return EXIT_CODES.OK;
};

interface Leaf {
  readonly path: KeyPath;
  readonly value: unknown;
}

/** The single values of a tree; a list of plain values counts as one. */
function leaves(tree: unknown, path: KeyPath = []): Leaf[] {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return [{ path, value: tree }];
  return Object.entries(tree).flatMap(([key, value]) => leaves(value, [...path, key]));
}

function show(value: unknown): string {
  if (value === null) return '-';
  if (Array.isArray(value)) return `[${value.map((one) => JSON.stringify(one)).join(', ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
