/** Strings in double quotes, and variables. */

import type { Node } from './ast.ts';
import type { Grammar } from './grammar.ts';
import { nested } from './grammar.ts';
import { operation } from './operators.ts';
import { PARSE_ERRORS } from './reader.ts';

/** Escapes of one character (seen, a sweep over all bytes; `\_` is a blank). */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['$', '$'],
  ['?', '?'],
  ['_', ' '],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
]);

/**
 * Parses a string. Each escape, variable, substitution and continuation line starts a new part (seen); one part
 * stands for itself, so `"$x"` keeps the type of `$x` (seen), more are concatenated.
 */
export function parseString(grammar: Grammar): Node {
  const { reader } = grammar;
  const opening = reader.offset;
  reader.offset += 1;
  const parts: Node[] = [];
  for (;;) {
    const plain = reader.take(/[^"\\$]+/y);
    // A string that never ends: one past the end, counted on the line where it began (seen).
    if (reader.atEnd) reader.fail(PARSE_ERRORS.syntax, reader.offset + 1, opening);
    if (plain !== undefined) parts.push({ kind: 'constant', value: plain });
    if (reader.accept('"')) break;
    const part = reader.peek() === '$' ? interpolation(grammar) : escape(grammar);
    if (part !== undefined) parts.push(part);
  }
  const [only] = parts;
  if (only === undefined) return { kind: 'constant', value: '' };
  return parts.length === 1 ? only : operation('.', parts);
}

function escape(grammar: Grammar): Node | undefined {
  const { reader } = grammar;
  reader.offset += 1;
  if (reader.take(/\r?\n[ \t]*/y) !== undefined) return undefined;
  const hex = reader.take(/[0-9A-F]{2}/y);
  if (hex !== undefined) return { kind: 'constant', value: String.fromCharCode(parseInt(hex, 16)) };
  const value = ESCAPES.get(reader.peek());
  if (value === undefined) return reader.fail(PARSE_ERRORS.inputValue);
  reader.offset += 1;
  return { kind: 'constant', value };
}

function interpolation(grammar: Grammar): Node {
  const { reader } = grammar;
  const next = reader.peek(1);
  if (next === '[' || next === '(') {
    reader.offset += 1;
    return nested(grammar, () => (next === '[' ? grammar.substitution() : grammar.parenthesis()));
  }
  return parseVariable(grammar);
}

/** Parses `$name`, or `$"name"` for a name with other characters in it. */
export function parseVariable(grammar: Grammar): Node {
  const { reader } = grammar;
  reader.offset += 1;
  const quoted = reader.take(/"[^"\\$\n]*"/y);
  if (quoted !== undefined) return { kind: 'variable', name: quoted.slice(1, -1) };
  const name = reader.take(/[A-Za-z0-9]+/y);
  if (name === undefined) return reader.fail(PARSE_ERRORS.syntax);
  return { kind: 'variable', name };
}
