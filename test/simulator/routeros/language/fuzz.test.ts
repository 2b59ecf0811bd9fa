import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parse, printParseError, printTree } from '../../../../src/simulator/routeros/language/index.ts';
import { run, SCHEMA } from './fake-host.ts';

/** Pieces that scripts are made of, to reach deeper than bytes alone do. */
const PIECES = [
  ':put ',
  ':local x ',
  ':global f do={',
  ':set x ',
  ':if (',
  ') do={',
  '} else={',
  ':foreach i,j in=',
  ' do={',
  ':while (',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  ';',
  '\n',
  '"',
  '$',
  '$x',
  '$f',
  '\\',
  '\\41',
  '\\q',
  ' ',
  '\t',
  '=',
  '->',
  '.',
  ',',
  '~',
  '+',
  '-',
  '/',
  '*',
  '!',
  '>',
  '<<',
  ' and ',
  ' in ',
  '1',
  '0x7f',
  '1h',
  '10.0.0.0/8',
  '*1F',
  'abc',
  'a=',
  '/disk ',
  'find ',
  'where ',
  'slot="vol-1" ',
  'set ',
  'print as-value ',
  ':parse ',
  ':serialize to=json ',
  ':error ',
  ':onerror e in={',
  '# c\n',
  ':pick ',
  ':find ',
  ':return ',
  ':len ',
  ':toarray ',
  'value=',
  '"a$x"',
  '"$[:put 1]"',
  '\u00e9',
];

const script = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text).toString('latin1')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
);

describe('any input', () => {
  it('parses or is refused with a place in it', () => {
    fc.assert(
      fc.property(script, (source) => {
        const parsed = parse(source, { schema: SCHEMA });
        const printed = parsed.ok ? printTree(parsed.script) : printParseError(parsed.error);
        if (!parsed.ok) expect(printed).toMatch(/ \(line [1-9]\d* column [1-9]\d*\)$/);
      }),
      { numRuns: 3_000 },
    );
  });

  it('runs to an end', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (source) => {
        const { error } = await run(source, { deadlineMs: 100 });
        expect(error).not.toBe('');
      }),
      { numRuns: 1_500 },
    );
  });

  it.each([
    ['{'],
    ['['],
    ['('],
    [':put ['],
    ['"$['],
    [':if (true) do={'],
    [':put {a='],
    [':put (>'],
    [':put (-'],
    [':put (1+('],
  ])('nests %s without end', async (piece) => {
    const { error } = await run(piece.repeat(20_000), { deadlineMs: 1_000 });
    expect(error).toMatch(/ \(line \d+ column \d+\)$/);
  });

  it('takes long scripts', () => {
    const source = ':put ("a" . 1 + [:len {1;2;"x"=3}]);\n'.repeat(20_000);
    expect(parse(source, { schema: SCHEMA }).ok).toBe(true);
  });
});
