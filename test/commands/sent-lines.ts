import { expect } from 'vitest';
import commandSchema from '../../src/simulator/routeros/schema/command-schema.json' with { type: 'json' };
import { parse, printParseError, type Schema } from '../../src/simulator/routeros/language/index.ts';

/** The versions of RouterOS that rdsctl speaks to, of which a dump of the commands is there. */
const SCHEMAS = Object.entries(commandSchema as Record<string, Schema>).filter(
  ([version]) => Number(version.split('.')[1]) >= 17,
);

/** Shapes of lines that were found good: a line is sent again and again with other numbers in it. */
const good = new Set<string>();

/** Expects that a line for a storage server parses on every version, with menus and arguments that it has. */
export function expectParses(line: string): void {
  const shape = line.replace(/[0-9a-f]{8,}|\d+/g, '0');
  if (good.has(shape)) return;
  expect(SCHEMAS.map(([version]) => version)).toEqual(['7.17.1', '7.18.2', '7.20.8', '7.21.5', '7.23.3']);
  expect(line).not.toContain('\n');
  for (const [version, schema] of SCHEMAS) {
    const parsed = parse(line, { schema, strict: true });
    expect(parsed.ok ? '' : `${version}: ${printParseError(parsed.error)}: ${line}`).toBe('');
  }
  good.add(shape);
}
