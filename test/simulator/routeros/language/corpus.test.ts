import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import {
  parse,
  printParseError,
  printTree,
  type Schema,
} from '../../../../src/simulator/routeros/language/index.ts';

/** What devices answered; kept outside the repository, beside it. */
const SHARED = fileURLToPath(new URL('../../../../../shared/routeros/', import.meta.url));

interface Row {
  readonly script: string;
  readonly device: string;
}

/** Rows whose answer no general rule explains; docs/ROUTEROS-LANGUAGE.md says what is known of each. */
const UNEXPLAINED = [2, 53, 184];

function read(name: string): string {
  const path = `${SHARED}${name}`;
  if (!existsSync(path)) throw new Error(`The captured device data is missing: expected ${path}`);
  return readFileSync(path, 'utf8');
}

function answer(script: string, schema: Schema): string {
  const parsed = parse(Buffer.from(script).toString('latin1'), { schema });
  const printed = parsed.ok ? printTree(parsed.script) : printParseError(parsed.error);
  return Buffer.from(printed, 'latin1').toString();
}

describe('the parser against what devices printed', () => {
  it('agrees byte for byte, tree or error, but for the rows known to differ', () => {
    const schemas = JSON.parse(read('command-schema.json')) as Record<string, Schema>;
    const schema = schemas['7.20.8'] ?? {};
    const rows = read('parser-corpus.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    const different = rows.flatMap((row, index) =>
      answer(row.script, schema) === row.device ? [] : [index],
    );
    expect(rows.length).toBeGreaterThanOrEqual(330);
    expect(1 - different.length / rows.length).toBeGreaterThanOrEqual(0.97);
    expect(different.filter((index) => !UNEXPLAINED.includes(index))).toEqual([]);
  });
});
