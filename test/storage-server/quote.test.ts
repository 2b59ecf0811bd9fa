import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { execute, parse, type Schema } from '../../src/simulator/routeros/language/index.ts';
import { quote } from '../../src/storage-server/quote.ts';

const SCHEMA: Schema = { ':': { put: ['message'] } };

/** What the device reads a literal as. */
async function readBack(literal: string): Promise<string> {
  const printed: string[] = [];
  const { error } = await execute(`:put ${literal}`, {
    schema: SCHEMA,
    print: (line) => printed.push(line),
    run: () => {
      throw new Error('the literal ran a command');
    },
  });
  if (error !== undefined) throw new Error(`${literal}: ${error}`);
  expect(printed).toHaveLength(1);
  return printed[0] ?? '';
}

const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
/** Bytes that mean something to RouterOS, more often than others. */
const tricky = fc.constantFrom(...'"\\$?[](){};#\n\r\t \'`=,ABCDEF0123456789nrt_'.split(''));

describe('quote', () => {
  it('is read back as what was meant, for any string of bytes without NUL', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.oneof(byte, tricky), maxLength: 60 }), async (bytes) => {
        expect(await readBack(quote(bytes))).toBe(bytes);
      }),
      { numRuns: 1500 },
    );
  });

  it('is read back as what was meant, for each byte alone and between others', async () => {
    for (let code = 1; code <= 255; code += 1) {
      const one = String.fromCharCode(code);
      expect(await readBack(quote(one))).toBe(one);
      expect(await readBack(quote(`\\${one}AF$x`))).toBe(`\\${one}AF$x`);
    }
  });

  it('is one line of printable ASCII, and nothing in it expands', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(byte, tricky), maxLength: 60 }), (bytes) => {
        const literal = quote(bytes);
        expect(literal).toMatch(/^"[ -~]*"$/);
        expect(literal.slice(1, -1)).not.toMatch(/["$?]/);
        const parsed = parse(`:put ${literal}`, { schema: SCHEMA, strict: true });
        expect(parsed.ok && parsed.script.statements).toHaveLength(1);
      }),
    );
  });

  it('leaves what is harmless readable', () => {
    expect(quote('vol-1')).toBe('"vol-1"');
    expect(quote("nightly copy [rdsctl owner=a+b] {x}; 50% 'ok' ~!#&*()")).toBe(
      `"nightly copy [rdsctl owner=a+b] {x}; 50% 'ok' ~!#&*()"`,
    );
  });

  it('writes what is not as two hex digits in capitals', () => {
    expect(quote('a"b\\c$d?e\n\u00e4\u007f')).toBe('"a\\22b\\5Cc\\24d\\3Fe\\0A\\E4\\7F"');
  });

  it.each(['\u0000', 'a\u0000b', '\u0100', '€', '😀', '\ud800'])('refuses what is no byte: %j', (text) => {
    expect(() => quote(text)).toThrow(RangeError);
  });
});
