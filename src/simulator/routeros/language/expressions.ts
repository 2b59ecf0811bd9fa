/** Expressions in parentheses, array constants, and the conditions of `where`. */

import type { MemberNode, Node } from './ast.ts';
import type { Grammar } from './grammar.ts';
import { nested } from './grammar.ts';
import { readPropertyWord, readWord } from './literals.ts';
import { BINARY_OPERATOR, compares, operation, operatorName, precedenceOf } from './operators.ts';
import { PARSE_ERRORS } from './reader.ts';

/** How an expression is read. */
interface Mode {
  /** A bare word is a property of the item looked at. */
  readonly where: boolean;
  /** Line ends count as blanks: everywhere but in a condition outside parentheses. */
  readonly multiline: boolean;
}

const INSIDE: Mode = { where: false, multiline: true };

/** Words that are typed constants inside an expression: addresses, times, hexadecimal and decimal numbers, ids. */
const CONSTANT_WORD =
  /\d+\.\d+\.\d+\.\d+(?:\/\d+)?|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:\/\d+)?|(?:\d+[wd])*\d+:\d+(?::\d+(?:\.\d+)?)?|(?:\d+(?:w|d|h|ms|us|ns|m|s))+(?![A-Za-z0-9])|0x[0-9a-fA-F]+|\d+(?![A-Za-z_])|\*[0-9A-Fa-f]+/y;
const BARE_WORD = /[A-Za-z0-9_][A-Za-z0-9_-]*|\.[A-Za-z0-9_.-]*/y;
const PROPERTY_WORD = /[.A-Za-z0-9_][A-Za-z0-9_.-]*/y;
const RIGHT_HAND_WORD = /[A-Za-z0-9_*][A-Za-z0-9_.:/@*+-]*/y;

/** Parses `( ... )`. */
export function parseParenthesis(grammar: Grammar, where = false): Node {
  const { reader } = grammar;
  reader.offset += 1;
  const node = nested(grammar, () => parseJuxtaposed(grammar, { where, multiline: true }));
  reader.space();
  if (!reader.accept(')')) reader.fail(PARSE_ERRORS.syntax);
  return node;
}

/** Parses the condition of `where` up to the end of the command. */
export function parseCondition(grammar: Grammar): Node {
  return parseJuxtaposed(grammar, { where: true, multiline: false });
}

/** Operands side by side are accepted (seen); in a condition both must hold (inferred), elsewhere they are joined. */
function parseJuxtaposed(grammar: Grammar, mode: Mode): Node {
  let node = parseBinary(grammar, mode, 1);
  for (;;) {
    skip(grammar, mode);
    if (!startsOperand(grammar)) return node;
    node = operation(mode.where ? 'and' : '.', [node, parseBinary(grammar, mode, 1)]);
  }
}

function startsOperand(grammar: Grammar): boolean {
  return grammar.reader.look(/[$("[{A-Za-z0-9_*!]/y) !== undefined;
}

function skip(grammar: Grammar, mode: Mode): void {
  if (mode.multiline) grammar.reader.space();
  else grammar.reader.blanks();
}

function parseBinary(grammar: Grammar, mode: Mode, least: number): Node {
  const { reader } = grammar;
  let left = parseUnary(grammar, mode);
  for (;;) {
    const start = reader.offset;
    skip(grammar, mode);
    const written = reader.take(BINARY_OPERATOR);
    const operator = written === undefined ? '' : operatorName(written);
    const precedence = precedenceOf(operator);
    if (precedence < least) {
      reader.offset = start;
      return left;
    }
    const right = nested(grammar, () =>
      compares(operator) && mode.where
        ? parseRight(grammar, mode, precedence)
        : parseBinary(grammar, mode, precedence + 1),
    );
    left = operation(operator, [left, right]);
  }
}

/** The right side of a comparison in `where`: a bare word there is text. */
function parseRight(grammar: Grammar, mode: Mode, precedence: number): Node {
  const { reader } = grammar;
  skip(grammar, mode);
  const word = reader.take(RIGHT_HAND_WORD);
  if (word !== undefined) return { kind: 'constant', value: readPropertyWord(word) };
  return parseBinary(grammar, { ...mode, where: false }, precedence + 1);
}

function parseUnary(grammar: Grammar, mode: Mode): Node {
  const { reader } = grammar;
  skip(grammar, mode);
  const operator = reader.take(/any(?![A-Za-z0-9_-])|[-!~>]/y);
  if (operator === undefined) return parsePostfix(grammar, mode);
  return operation(operator, [nested(grammar, () => parseUnary(grammar, mode))]);
}

function parsePostfix(grammar: Grammar, mode: Mode): Node {
  const { reader } = grammar;
  let node = parsePrimary(grammar, mode);
  for (;;) {
    const start = reader.offset;
    skip(grammar, mode);
    if (!reader.accept('->')) {
      reader.offset = start;
      return node;
    }
    skip(grammar, mode);
    node = operation('->', [node, parsePrimary(grammar, { ...mode, where: false })]);
  }
}

function parsePrimary(grammar: Grammar, mode: Mode): Node {
  const { reader } = grammar;
  switch (reader.peek()) {
    case '(':
      return parseParenthesis(grammar, mode.where);
    case '[':
      return grammar.substitution();
    case '{':
      return parseArray(grammar);
    case '"':
      return grammar.text();
    case '$':
      return parseDollar(grammar);
    default: {
      const constant = reader.take(CONSTANT_WORD);
      if (constant !== undefined) return { kind: 'constant', value: readWord(constant) };
      const word = reader.take(mode.where ? PROPERTY_WORD : BARE_WORD);
      if (word === undefined) return reader.fail(PARSE_ERRORS.syntax);
      return mode.where ? { kind: 'variable', name: word } : { kind: 'constant', value: readWord(word) };
    }
  }
}

function parseDollar(grammar: Grammar): Node {
  const { reader } = grammar;
  const next = reader.peek(1);
  if (next !== '(' && next !== '[') return grammar.variable();
  reader.offset += 1;
  return next === '(' ? parseParenthesis(grammar) : grammar.substitution();
}

/** Parses `{ ... }` as an array: members apart by `;` or line ends, with or without `key=` (seen). */
export function parseArray(grammar: Grammar): Node {
  const { reader } = grammar;
  reader.offset += 1;
  const members: MemberNode[] = [];
  for (;;) {
    reader.take(/(?:[ \t\r\n;]|\\\r?\n)+/y);
    if (reader.accept('}')) break;
    if (reader.atEnd) reader.fail(PARSE_ERRORS.expectedBrace);
    members.push(nested(grammar, () => parseMember(grammar)));
    reader.space();
    if (reader.look(/[;}]|$/y) === undefined && !startsOperand(grammar)) reader.fail(PARSE_ERRORS.syntax);
  }
  return { kind: 'array', members };
}

function parseMember(grammar: Grammar): MemberNode {
  const { reader } = grammar;
  const start = reader.offset;
  const key = readKey(grammar);
  if (key !== undefined) return { key, value: parseBinary(grammar, INSIDE, 1) };
  reader.offset = start;
  return { value: parseBinary(grammar, INSIDE, 1) };
}

/** A key is a word or a string without variables, followed by `=`. */
function readKey(grammar: Grammar): string | undefined {
  const { reader } = grammar;
  const word = reader.take(/[A-Za-z0-9_.-]+(?=[ \t\r\n]*=)/y);
  if (word !== undefined) {
    reader.take(/[ \t\r\n]*=/y);
    return word;
  }
  if (reader.look(/"(?:[^"\\$]|\\[^])*"[ \t\r\n]*=/y) === undefined) return undefined;
  const key = constantText(grammar.text());
  reader.take(/[ \t\r\n]*=/y);
  return key;
}

function constantText(node: Node): string {
  if (node.kind === 'constant') return typeof node.value === 'string' ? node.value : '';
  return node.kind === 'operation' ? node.operands.map(constantText).join('') : '';
}
