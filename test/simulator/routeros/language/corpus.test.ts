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

function answer(script: string, schema: Schema, strict = false): string {
  const parsed = parse(Buffer.from(script).toString('latin1'), { schema, strict });
  const printed = parsed.ok ? printTree(parsed.script) : printParseError(parsed.error);
  return Buffer.from(printed, 'latin1').toString();
}

const rows = read('parser-corpus.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);
const schemas = JSON.parse(read('command-schema.json')) as Record<string, Schema>;

/** The rows that are answered in another way than by the device. */
function differing(version: string, strict = false): number[] {
  const schema = schemas[version] ?? {};
  return rows.flatMap(({ script, device }, index) =>
    answer(script, schema, strict) === device ? [] : [index],
  );
}

describe('the parser against what devices printed', () => {
  it('agrees byte for byte, tree or error, but for the rows known to differ', () => {
    const different = differing('7.20.8');
    expect(rows.length).toBeGreaterThanOrEqual(330);
    expect(1 - different.length / rows.length).toBeGreaterThanOrEqual(0.97);
    expect(different.filter((index) => !UNEXPLAINED.includes(index))).toEqual([]);
  });

  it('agrees as well with the version that "simulate parse" takes unless it is told another', () => {
    expect(differing('7.21.5')).toEqual(differing('7.20.8'));
  });

  it('needs menus beside the dumps for the rows that the document counts apart, and for no other', () => {
    const needing = differing('7.20.8', true).filter((index) => !UNEXPLAINED.includes(index));
    const document = readFileSync(new URL('../../../../docs/ROUTEROS-LANGUAGE.md', import.meta.url), 'utf8');
    const told = /(\d+) rows need menus beside the schema[^:]*: ([#\d, \n]+)\./.exec(document);
    expect(told?.[2]?.match(/\d+/g)?.map(Number)).toEqual(needing);
    expect(Number(told?.[1])).toBe(needing.length);
  });
});
