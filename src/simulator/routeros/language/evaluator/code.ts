/** Pieces of script as values. */

import type { Node, ScriptNode, SequenceNode } from '../ast.ts';
import { printTree } from '../print-tree.ts';
import type { CodeValue, Value } from '../values.ts';
import { NIL, listOf } from '../values.ts';

const bodies = new WeakMap<CodeValue, SequenceNode | ScriptNode>();

/** Makes code out of a piece of the tree. */
export function makeCode(body: SequenceNode | ScriptNode): CodeValue {
  const code: CodeValue = { type: 'code', text: printTree(body) };
  bodies.set(code, body);
  return code;
}

/** A function is an array of an empty member and its code (seen: `:len` is 2, `$f->1` is code, `;` is printed before it). */
export function makeFunction(body: SequenceNode): Value {
  return listOf([NIL, makeCode(body)]);
}

/** `>[...]` and `>(...)`: the operand as code, not evaluated (seen: `>{}` is an empty array). */
export function quoteNode(node: Node): Value {
  if (node.kind === 'array' && node.members.length === 0) return listOf([]);
  return makeCode(node.kind === 'sequence' ? node : { kind: 'sequence', statements: [node] });
}

/** The code in a value that is called: the value itself, or that of a function. */
export function codeIn(value: Value): SequenceNode | ScriptNode | undefined {
  if (typeof value !== 'object') return undefined;
  if (value.type === 'code') return bodies.get(value);
  if (value.type !== 'array') return undefined;
  const [, second] = value.members;
  return second === undefined || typeof second.value !== 'object' || second.value.type !== 'code'
    ? undefined
    : bodies.get(second.value);
}
