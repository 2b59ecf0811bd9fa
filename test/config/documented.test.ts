import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';

/** The keys below a part of a schema; those of a map stand below its own key with `*`. */
function keysOf(schema: unknown, at: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { entries, value, wrapped, pipe } = schema as Record<string, unknown>;
  if (Array.isArray(pipe)) return pipe.flatMap((one) => keysOf(one, at));
  if (wrapped !== undefined) return keysOf(wrapped, at);
  if (value !== undefined && typeof value === 'object') return keysOf(value, `${at}*.`);
  if (entries === undefined) return [];
  return Object.entries(entries as object).flatMap(([key, part]) => {
    const below = keysOf(part, `${at}${key}.`);
    return below.length === 0 ? [`${at}${key}`] : below;
  });
}

describe('docs/CONFIGURATION.md', () => {
  const keys = keysOf(configSchema, '').map((key) => key.replace(/^(storageServers|nodes)\.\*\./, ''));
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/CONFIGURATION.md'), 'utf8');

  it('is held against every key', () => {
    expect(keys.length).toBeGreaterThan(30);
  });

  it.each([...new Set(keys)])('tells what %s is', (key) => {
    expect(text).toMatch(new RegExp(`^\\| \`${key.replaceAll('.', '\\.')}\` +\\| \\S`, 'm'));
  });
});
