/** What the parts of the parser share, so that they needn't import each other. */

import type { CommandTable } from './command-table.ts';
import type { Node, SequenceNode } from './ast.ts';
import type { Reader } from './reader.ts';
import type { Scope } from './scope.ts';

/** How deeply brackets may nest before the parse gives up (our own bound, so that no input exhausts the stack). */
export const MAX_NESTING = 200;

/** A name that the script uses and this version lacks; reported when nothing else is wrong. */
export interface UnknownName {
  readonly message: string;
  readonly offset: number;
}

/** The state of one parse, and the parts of the grammar that call each other. */
export interface Grammar {
  readonly reader: Reader;
  readonly table: CommandTable;
  readonly unknown: UnknownName[];
  scope: Scope;
  nesting: number;
  /** `( ... )`, the opening parenthesis included. */
  parenthesis(): Node;
  /** `[ ... ]`. */
  substitution(): SequenceNode;
  /** `{ ... }` as statements, after the opening brace, the closing one included; the message is for a missing one. */
  block(message: string): SequenceNode;
  /** `{ ... }` as an array, the opening brace included. */
  array(): Node;
  /** A string in double quotes. */
  text(): Node;
  /** The condition of `where`, up to the end of the command. */
  condition(): Node;
  /** `$name` or `$"name"`; the cursor is at the dollar sign. */
  variable(): Node;
}

/** Runs a part of the parser one level deeper. */
export function nested<T>(grammar: Grammar, part: () => T): T {
  grammar.nesting += 1;
  if (grammar.nesting > MAX_NESTING) grammar.reader.fail('syntax error');
  try {
    return part();
  } finally {
    grammar.nesting -= 1;
  }
}
