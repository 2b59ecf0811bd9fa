/** The parse tree of a script. */

import type { Value } from './values.ts';

/** Where something stands in the source: lines and columns count from 1, columns in bytes. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value known when the script is parsed. */
export interface ConstantNode {
  readonly kind: 'constant';
  readonly value: Value;
}

/** `$name`. Inside `where` a bare property name becomes one too. */
export interface VariableNode {
  readonly kind: 'variable';
  readonly name: string;
}

/** An operator with its operands: `(+ 1 2)`. */
export interface OperationNode {
  readonly kind: 'operation';
  readonly operator: string;
  readonly operands: readonly Node[];
}

/** A member of an array constant `{1;"a"=2}`. */
export interface MemberNode {
  readonly key?: string;
  readonly value: Node;
}

/** An array constant. */
export interface ArrayNode {
  readonly kind: 'array';
  readonly members: readonly MemberNode[];
}

/** A call of a value: `$f 1 a=2`, or the value of an expression run as a command. */
export interface CallNode {
  readonly kind: 'call';
  readonly callee: Node;
  readonly args: readonly MemberNode[];
  readonly position: Position;
}

/** One named argument of a command. */
export interface ArgumentNode {
  readonly name: string;
  readonly value: Node;
  /** True when the argument was given without a value (`detail`, `as-value`). */
  readonly flag?: boolean;
}

/** A command of a menu, or of the root such as `:put`. */
export interface CommandNode {
  readonly kind: 'command';
  readonly path: readonly string[];
  readonly command: string;
  readonly args: readonly ArgumentNode[];
  readonly position: Position;
}

/** A menu given alone: it becomes the current menu. The root (or an empty statement) has an empty path. */
export interface MenuNode {
  readonly kind: 'menu';
  readonly path: readonly string[];
}

/** Statements run one after another: `{ ... }` or `[ ... ]`, with their own variables. */
export interface SequenceNode {
  readonly kind: 'sequence';
  readonly statements: readonly Node[];
}

/** A piece of script as a value: `do={ ... }`. */
export interface CodeNode {
  readonly kind: 'code';
  readonly body: SequenceNode;
}

/** The condition of `where`, with the properties that the menu knows. */
export interface WhereNode {
  readonly kind: 'where';
  readonly properties: readonly string[];
  readonly condition: Node;
}

/** A whole script. */
export interface ScriptNode {
  readonly kind: 'script';
  readonly statements: readonly Node[];
}

/** Any node. */
export type Node =
  | ConstantNode
  | VariableNode
  | OperationNode
  | ArrayNode
  | CallNode
  | CommandNode
  | MenuNode
  | SequenceNode
  | CodeNode
  | WhereNode
  | ScriptNode;
