/** Parses a script. */

import type { ScriptNode } from './ast.ts';
import { CommandTable } from './command-table.ts';
import { parseArray, parseCondition, parseParenthesis } from './expressions.ts';
import type { Grammar } from './grammar.ts';
import type { Schema } from './host.ts';
import { ParseFailure, Reader } from './reader.ts';
import { Scope } from './scope.ts';
import type { ScriptSession } from './session.ts';
import { parseBlock, parseStatements, parseSubstitution } from './statements.ts';
import { parseString, parseVariable } from './strings.ts';

/** Why a script does not parse. */
export interface ParseError {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** A parsed script, or why there is none. */
export type ParseResult =
  /** `menu` is the one that the script ends in. */
  | { readonly ok: true; readonly script: ScriptNode; readonly menu: readonly string[] }
  | { readonly ok: false; readonly error: ParseError };

/** What a script is parsed against. */
export interface ParseOptions {
  /** The commands of a version. */
  readonly schema?: Schema;
  /** Only commands of the schema exist; otherwise other known menus are accepted too. */
  readonly strict?: boolean;
  /** The menu to begin in and the globals that are there. */
  readonly session?: ScriptSession;
}

const strictTables = new WeakMap<Schema, CommandTable>();
const wideTables = new WeakMap<Schema, CommandTable>();
const NO_SCHEMA: Schema = {};

function tableFor(schema: Schema, strict: boolean): CommandTable {
  const tables = strict ? strictTables : wideTables;
  const table = tables.get(schema) ?? new CommandTable(schema, strict);
  tables.set(schema, table);
  return table;
}

/** Parses a script, given as a byte string. Never throws. */
export function parse(source: string, options: ParseOptions = {}): ParseResult {
  const reader = new Reader(source);
  const grammar: Grammar = {
    reader,
    table: tableFor(options.schema ?? NO_SCHEMA, options.strict ?? false),
    unknown: [],
    scope: scopeOf(options.session),
    nesting: 0,
    parenthesis: () => parseParenthesis(grammar),
    substitution: () => parseSubstitution(grammar),
    block: (message) => parseBlock(grammar, message),
    array: () => parseArray(grammar),
    text: () => parseString(grammar),
    condition: () => parseCondition(grammar),
    variable: () => parseVariable(grammar),
  };
  try {
    const statements = parseStatements(grammar, undefined, '');
    const [unknown] = grammar.unknown;
    if (unknown === undefined)
      return { ok: true, script: { kind: 'script', statements }, menu: grammar.scope.menu };
    return { ok: false, error: { message: unknown.message, ...reader.position(unknown.offset) } };
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    return { ok: false, error: { message: error.message, ...reader.position(error.offset, error.anchor) } };
  }
}

function scopeOf(session: ScriptSession | undefined): Scope {
  const scope = new Scope();
  if (session === undefined) return scope;
  scope.menu = session.menu;
  for (const name of session.globals.keys()) scope.declare(name);
  return scope;
}

/** The error as a device prints it: `syntax error (line 6 column 17)` (seen). */
export function printParseError(error: ParseError): string {
  return `${error.message} (line ${String(error.line)} column ${String(error.column)})`;
}
