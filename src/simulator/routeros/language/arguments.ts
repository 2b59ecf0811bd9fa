/** The arguments of a command and of a call. */

import type { ArgumentNode, MemberNode, Node } from './ast.ts';
import type { CommandEntry } from './command-table.ts';
import { parseArray } from './expressions.ts';
import type { Grammar } from './grammar.ts';
import { nested } from './grammar.ts';
import { readPropertyWord, readWord } from './literals.ts';
import { PARSE_ERRORS } from './reader.ts';
import {
  isAddressWithLength,
  isDuration,
  isFlag,
  isYesNo,
  namesVariables,
  takesCode,
  unnamedArguments,
} from './unnamed-arguments.ts';
import { whereProperties } from './where-properties.ts';

/** What ends a command: a line end, `;`, a closing bracket, the end of the source (seen). */
const END = /[\n;\])}]|$/y;
const NAME = /[A-Za-z0-9_.-]+(?==)/y;
/** The characters of a word that stands for a value. */
const WORD = /[A-Za-z0-9!%&*+,\-./:<>@^_|~]+/y;
const NAMED_WORD = /[A-Za-z0-9_.-]+=(?:[A-Za-z0-9!%&*+,\-./:<>@^_|~]+|"[^"\\$]*"|(?=\$[A-Za-z0-9]))/y;

/** What a yes-or-no argument may be given as; a text in quotes is checked when the command runs. */
const YES_OR_NO: ReadonlySet<string> = new Set(['yes', 'no', 'true', 'false']);

/** Whether the cursor is where a command ends. */
export function atCommandEnd(grammar: Grammar): boolean {
  return grammar.reader.look(END) !== undefined;
}

/** Parses the arguments of a known command: what doesn't fit is "expected end of command" (seen). */
export function parseArguments(grammar: Grammar, entry: CommandEntry): ArgumentNode[] {
  const { reader } = grammar;
  const given = new Map<string, ArgumentNode>();
  const outer = grammar.scope;
  // A command in brackets is looked up in the menu of the command around it (seen: `/file remove [find ...]`).
  if (entry.path.length > 0) grammar.scope = outer.within(entry.path);
  for (let first = true; ; first = false) {
    const apart = reader.blanks();
    if (atCommandEnd(grammar)) break;
    if (!apart && !(first && reader.look(/[[("$]/y) !== undefined)) reader.fail(PARSE_ERRORS.endOfCommand);
    const argument = parseArgument(grammar, entry, given);
    given.set(argument.name, argument);
  }
  grammar.scope = outer;
  return [...given.values()];
}

function parseArgument(
  grammar: Grammar,
  entry: CommandEntry,
  given: ReadonlyMap<string, ArgumentNode>,
): ArgumentNode {
  const { reader } = grammar;
  const start = reader.offset;
  const named = reader.take(NAME);
  if (named !== undefined) {
    const name = resolve(entry, named);
    if (name !== undefined) {
      reader.offset += 1;
      return { name, value: parseNamedValue(grammar, entry, name) };
    }
  } else {
    const flag = parseFlag(grammar, entry, given);
    if (flag !== undefined) return flag;
  }
  reader.offset = start;
  const unnamed = unnamedArguments(entry.path, entry.name, entry.args).find((name) => !given.has(name));
  if (unnamed === undefined) return badArgument(grammar, named);
  if (unnamed === 'where') return { name: 'where', value: parseWhere(grammar, entry) };
  const value = parseValue(grammar, entry, unnamed);
  if (value === undefined) return reader.fail(PARSE_ERRORS.endOfCommand);
  return { name: unnamed, value };
}

/** `name=value` with a name that the command lacks is reported later; a value that nothing takes ends the parse. */
function badArgument(grammar: Grammar, named: string | undefined): ArgumentNode {
  const { reader } = grammar;
  if (named === undefined) return reader.fail(PARSE_ERRORS.endOfCommand);
  reader.offset += named.length;
  // Reported where its name ends, an unknown command where its own begins (seen).
  grammar.unknown.push({ message: `bad parameter ${named}`, offset: reader.offset });
  reader.offset += 1;
  return { name: named, value: parsePlainValue(grammar) ?? { kind: 'constant', value: '' } };
}

/** The whole name of an argument from the name or the beginning of just one. */
function resolve(entry: CommandEntry, written: string): string | undefined {
  if (entry.args === undefined || entry.args.has(written)) return written;
  const names = [...entry.args].filter((name) => name.startsWith(written));
  if (names.length === 1) return names[0];
  const suffixed = written.startsWith('.') ? [...entry.args].filter((name) => name.endsWith(written)) : [];
  return suffixed.length === 1 ? suffixed[0] : undefined;
}

function parseFlag(
  grammar: Grammar,
  entry: CommandEntry,
  given: ReadonlyMap<string, ArgumentNode>,
): ArgumentNode | undefined {
  const { reader } = grammar;
  const word = reader.take(/[a-z][a-z-]*(?=[ \t\r\n;\])}\\]|$)/y);
  if (word === undefined) return undefined;
  if (
    word === 'where' &&
    entry.args?.has('where') !== false &&
    (entry.name === 'print' || entry.name === 'find')
  ) {
    return { name: 'where', value: parseWhere(grammar, entry) };
  }
  if (!isFlag(word) || entry.args?.has(word) === false) return undefined;
  const name = given.get('value-name')?.value;
  const value: Node =
    word.startsWith('as-string') && name !== undefined ? name : { kind: 'constant', value: true };
  return { name: word, flag: true, value };
}

function parseWhere(grammar: Grammar, entry: CommandEntry): Node {
  const { reader } = grammar;
  reader.blanks();
  const properties = whereProperties(entry.path);
  if (atCommandEnd(grammar))
    return { kind: 'where', properties, condition: { kind: 'constant', value: true } };
  return { kind: 'where', properties, condition: grammar.condition() };
}

function parseNamedValue(grammar: Grammar, entry: CommandEntry, name: string): Node {
  grammar.reader.take(/\\\r?\n[ \t]*/y);
  return parseValue(grammar, entry, name) ?? { kind: 'constant', value: '' };
}

/** Parses a value for an argument; what it may be depends on the argument. */
function parseValue(grammar: Grammar, entry: CommandEntry, name: string): Node | undefined {
  const { reader } = grammar;
  if (namesVariables(entry.path, entry.name, name)) return parseNames(grammar, entry);
  if (reader.peek() === '{' && takesCode(entry.path, entry.name, name)) {
    reader.offset += 1;
    return { kind: 'code', body: nested(grammar, () => grammar.block(PARSE_ERRORS.expectedBrace)) };
  }
  const start = reader.offset;
  const value = parsePlainValue(grammar);
  if (value?.kind !== 'constant') return value;
  const written = reader.source.slice(start, reader.offset);
  const word = !written.startsWith('"');
  if (isYesNo(name) && word && !YES_OR_NO.has(written)) reader.fail(PARSE_ERRORS.syntax, start);
  if (isDuration(name)) {
    if (typeof value.value !== 'bigint') return value;
    return { kind: 'constant', value: { type: 'time', nanoseconds: value.value * 1_000_000_000n } };
  }
  const [address = '', length] = written.split('/');
  if (word && length !== undefined && isAddressWithLength(entry.path, name)) {
    const parts = [readPropertyWord(address), readPropertyWord(length)];
    return { kind: 'constant', value: { type: 'array', members: parts.map((part) => ({ value: part })) } };
  }
  return word && entry.path.length > 0 ? { kind: 'constant', value: readPropertyWord(written) } : value;
}

/** The names of variables: declared by `:local`, `:global` and the loops; `:set` needs one that is declared (seen). */
function parseNames(grammar: Grammar, entry: CommandEntry): Node | undefined {
  const { reader, scope } = grammar;
  const declares = entry.name !== 'set';
  if (reader.peek() === '(' && !declares) return grammar.parenthesis();
  if (reader.peek() === '$') return declares ? reader.fail(PARSE_ERRORS.syntax) : grammar.variable();
  const start = reader.offset;
  const names: string[] = [];
  do {
    const quoted = reader.take(/"[^"\\$\n]*"/y);
    const name = quoted?.slice(1, -1) ?? reader.take(/[A-Za-z0-9]+/y);
    if (name === undefined) return reader.fail(PARSE_ERRORS.syntax);
    if (!declares && !scope.knows(name)) reader.fail(PARSE_ERRORS.syntax, start);
    if (declares) scope.declare(name);
    names.push(name);
  } while (entry.name === 'foreach' && reader.accept(','));
  const variables = names.map((name) => ({ kind: 'variable', name }) as const);
  const [only] = variables;
  if (only !== undefined && variables.length === 1) return only;
  return { kind: 'array', members: variables.map((value) => ({ value })) };
}

/** Parses a value of any type; nothing when none starts here. */
function parsePlainValue(grammar: Grammar): Node | undefined {
  const { reader } = grammar;
  switch (reader.peek()) {
    case '"':
      return nested(grammar, () => grammar.text());
    case '(':
      return nested(grammar, () => grammar.parenthesis());
    case '[':
      return nested(grammar, () => grammar.substitution());
    case '{':
      return nested(grammar, () => parseArray(grammar));
    case '$': {
      const next = reader.peek(1);
      if (next !== '[' && next !== '(') return grammar.variable();
      reader.offset += 1;
      return nested(grammar, () => (next === '[' ? grammar.substitution() : grammar.parenthesis()));
    }
    default: {
      const word = reader.take(WORD);
      return word === undefined ? undefined : { kind: 'constant', value: readWord(word) };
    }
  }
}

/** Parses the arguments of a call: any names; what doesn't fit is a "syntax error" (seen). */
export function parseCallArguments(grammar: Grammar): MemberNode[] {
  const { reader } = grammar;
  const members: MemberNode[] = [];
  while (moreToCome(grammar)) {
    const key = reader.take(NAME);
    if (key !== undefined) reader.offset += 1;
    else if (reader.peek() === '{') reader.fail(PARSE_ERRORS.syntax);
    const value = parsePlainValue(grammar) ?? emptyValue(grammar, key);
    members.push(key === undefined ? { value } : { key, value });
  }
  return members;
}

/** Skips the arguments of an unknown command: words, `name=` with a word or a plain string, variables and brackets; else a "syntax error" (seen). */
export function skipArguments(grammar: Grammar): void {
  const { reader } = grammar;
  while (moreToCome(grammar)) {
    if (reader.take(NAMED_WORD)?.endsWith('=') === false) continue;
    if (reader.peek() === '{' || parsePlainValue(grammar) === undefined) reader.fail(PARSE_ERRORS.syntax);
  }
}

/** Skips the blanks before an argument; says whether there is one. */
function moreToCome(grammar: Grammar): boolean {
  const apart = grammar.reader.blanks();
  if (atCommandEnd(grammar)) return false;
  if (!apart) grammar.reader.fail(PARSE_ERRORS.syntax);
  return true;
}

function emptyValue(grammar: Grammar, key: string | undefined): Node {
  const { reader } = grammar;
  if (key === undefined || !(atCommandEnd(grammar) || reader.look(/[ \t\r]/y) !== undefined)) {
    reader.fail(PARSE_ERRORS.syntax);
  }
  return { kind: 'constant', value: '' };
}
