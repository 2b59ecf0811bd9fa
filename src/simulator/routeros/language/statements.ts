/** Statements: commands, calls, blocks, and what separates them. */

import { atCommandEnd, parseArguments, parseCallArguments, skipArguments } from './arguments.ts';
import type { Node, SequenceNode } from './ast.ts';
import type { Lookup } from './command-table.ts';
import type { Grammar } from './grammar.ts';
import { nested } from './grammar.ts';
import { PARSE_ERRORS } from './reader.ts';
import { Scope } from './scope.ts';

const EMPTY: Node = { kind: 'menu', path: [] };
/** The characters of a word in a command path (seen: an upper-case letter is not one). */
const PATH_WORD = /[a-z0-9.-]+/y;

/** Parses statements up to a closing bracket, which is not taken; without one, up to the end of the source. */
export function parseStatements(grammar: Grammar, end: '}' | ']' | undefined, message: string): Node[] {
  const { reader } = grammar;
  let statements: Node[] = [];
  while (end !== undefined || !atOutermostEnd(grammar)) {
    const bracket = end === undefined && startsWithBracket(grammar);
    const statement = parseStatement(grammar);
    if (bracket) statements = absorb(statements, statement);
    else statements.push(statement);
    reader.blanks();
    if (!separator(grammar)) break;
    if (reader.atEnd || reader.peek() === end) break;
  }
  if (end === undefined) {
    if (!atOutermostEnd(grammar)) reader.fail(PARSE_ERRORS.endOfCommand);
  } else if (reader.atEnd) reader.fail(message);
  else if (reader.peek() !== end) reader.fail(PARSE_ERRORS.syntax);
  return statements;
}

/** The outermost level ends at a closing bracket too, and what follows is ignored (seen). */
function atOutermostEnd(grammar: Grammar): boolean {
  return grammar.reader.look(/[}\])]|$/y) !== undefined;
}

/**
 * Takes what stands between two statements: `;`, then line ends with the blanks and the comment lines after them.
 * A comment in the first column belongs to the line end, one further right to the next statement (seen: only the
 * latter yields an empty statement at the end of the source).
 */
function separator(grammar: Grammar): boolean {
  const { reader } = grammar;
  const semicolon = reader.accept(';');
  const lines = reader.take(/(?:\r?\n(?:#[^\n]*(?=\n|$))?)+/y);
  if (lines !== undefined) reader.space();
  return semicolon || lines !== undefined;
}

function startsWithBracket(grammar: Grammar): boolean {
  skipToStatement(grammar);
  return grammar.reader.peek() === '[';
}

/** A statement of the outermost level that starts with `[` takes those before it into its first bracket (seen). */
function absorb(statements: readonly Node[], statement: Node): Node[] {
  if (statement.kind !== 'call' || statement.callee.kind !== 'sequence') return [...statements, statement];
  const callee: Node = { kind: 'script', statements: [...statements, ...statement.callee.statements] };
  return [{ ...statement, callee }];
}

function skipToStatement(grammar: Grammar): void {
  const { reader } = grammar;
  do reader.blanks();
  while (reader.take(/#[^\n]*(?:\n|$)/y) !== undefined && !reader.atEnd);
}

function parseStatement(grammar: Grammar): Node {
  const { reader } = grammar;
  skipToStatement(grammar);
  if (atCommandEnd(grammar)) return EMPTY;
  switch (reader.peek()) {
    case '{':
      reader.offset += 1;
      return nested(grammar, () => parseBlock(grammar, PARSE_ERRORS.missingBrace));
    case '$':
    case '[':
    case '(':
      return nested(grammar, () => parseCall(grammar));
    default:
      return parseCommand(grammar);
  }
}

/** Parses the rest of `{ ... }` as statements with their own variables. */
export function parseBlock(grammar: Grammar, message: string): SequenceNode {
  const outer = grammar.scope;
  grammar.scope = new Scope(outer);
  const statements = parseStatements(grammar, '}', message);
  grammar.scope = outer;
  grammar.reader.offset += 1;
  return { kind: 'sequence', statements };
}

/** Parses `[ ... ]`. */
export function parseSubstitution(grammar: Grammar): SequenceNode {
  const outer = grammar.scope;
  grammar.reader.offset += 1;
  grammar.scope = new Scope(outer);
  const statements = nested(grammar, () => parseStatements(grammar, ']', 'missing closing bracket'));
  grammar.scope = outer;
  grammar.reader.offset += 1;
  return { kind: 'sequence', statements };
}

function parseCall(grammar: Grammar): Node {
  const { reader } = grammar;
  const position = reader.position();
  const callee = parseCallee(grammar);
  return { kind: 'call', callee, args: parseCallArguments(grammar), position };
}

function parseCallee(grammar: Grammar): Node {
  const { reader } = grammar;
  if (reader.peek() === '[') return grammar.substitution();
  if (reader.peek() === '(') return grammar.parenthesis();
  const next = reader.peek(1);
  if (next !== '(' && next !== '[') return grammar.variable();
  reader.offset += 1;
  return next === '[' ? grammar.substitution() : grammar.parenthesis();
}

/** Parses a command: the words of its path, then its arguments. */
function parseCommand(grammar: Grammar): Node {
  const { reader, scope, table } = grammar;
  const position = reader.position();
  let path: readonly string[] = scope.menu;
  let local = false;
  if (reader.accept(':')) path = [];
  else if (reader.accept('/')) {
    path = [];
    if (atCommandEnd(grammar) || reader.look(/[ \t]/y) !== undefined) return enter(scope, path);
  } else local = true;
  for (;;) {
    const start = reader.offset;
    const word = reader.take(PATH_WORD);
    if (word === undefined) return reader.fail(PARSE_ERRORS.commandName);
    const found = lookUp(grammar, path, word, local);
    local = false;
    if (found.kind === 'unknown') {
      grammar.unknown.push({ message: `bad command name ${word}`, offset: start });
      skipArguments(grammar);
      return { kind: 'command', path, command: word, args: [], position };
    }
    if (found.kind === 'command') {
      const args = parseArguments(grammar, found.entry);
      return { kind: 'command', path: found.entry.path, command: found.entry.name, args, position };
    }
    path = found.path;
    if (reader.accept('/')) continue;
    const apart = reader.blanks();
    if (atCommandEnd(grammar)) return enter(scope, path);
    if (apart && reader.peek() === '{') return parseMenuBlock(grammar, path);
    if (!apart || reader.look(/[a-z0-9.-]/y) === undefined) reader.fail(PARSE_ERRORS.commandName);
  }

  function lookUp(state: Grammar, from: readonly string[], word: string, first: boolean): Lookup {
    if (word === '..') return { kind: 'menu', path: from.slice(0, -1) };
    const found = table.find(from, word);
    return found.kind === 'unknown' && first && from.length > 0 ? state.table.find([], word) : found;
  }
}

function enter(scope: Scope, path: readonly string[]): Node {
  scope.menu = path;
  return { kind: 'menu', path };
}

/** `/ip firewall { ... }`: statements that look their commands up in that menu (manual). */
function parseMenuBlock(grammar: Grammar, path: readonly string[]): Node {
  const outer = grammar.scope;
  grammar.scope = new Scope(outer);
  grammar.scope.menu = path;
  grammar.reader.offset += 1;
  const block = nested(grammar, () => parseBlock(grammar, PARSE_ERRORS.missingBrace));
  grammar.scope = outer;
  return block;
}
