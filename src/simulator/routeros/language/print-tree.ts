/** Prints a parse tree in the notation of `:put [:parse ...]` (seen). */

import type { ArgumentNode, CallNode, MemberNode, Node } from './ast.ts';
import { printTime } from './literals.ts';
import type { Value } from './values.ts';
import { compareBytes } from './values.ts';

/** Prints a script or any part of it. */
export function printTree(node: Node): string {
  switch (node.kind) {
    case 'script':
      return node.statements.map(printTree).join(';');
    case 'constant':
      return printConstant(node.value);
    case 'variable':
      return `$${node.name}`;
    case 'operation':
      return `(${[node.operator, ...node.operands.map(printTree)].join(' ')})`;
    case 'array':
      return printMembers(node.members);
    case 'call':
      return printCall(node);
    case 'command':
      return printCommand(node.path, node.command, node.args);
    case 'menu':
      return node.path.length === 0 ? '/' : `/${node.path.join('/')}/`;
    case 'sequence':
      return `(evl ${node.statements.map(printTree).join(' ')})`;
    case 'code':
      return `;${printTree(node.body)}`;
    case 'where':
      return [...node.properties.map((name) => `$${name}`), printTree(node.condition), '5'].join(';');
  }
}

function printCommand(path: readonly string[], command: string, args: readonly ArgumentNode[]): string {
  const sorted = [...args].sort((a, b) => compareBytes(a.name, b.name));
  const printed = sorted.map((argument) => `${argument.name}=${printTree(argument.value)}`).join(';');
  return `(evl /${[...path, command].join('/')}${printed})`;
}

/** Members by position in their order, then those with a key in byte order (seen). */
function printMembers(members: readonly MemberNode[]): string {
  const positional = members
    .filter((member) => member.key === undefined)
    .map((member) => printTree(member.value));
  const keyed = new Map(
    members.flatMap((member) => (member.key === undefined ? [] : [[member.key, member.value]])),
  );
  const sorted = [...keyed].sort(([a], [b]) => compareBytes(a, b));
  return [...positional, ...sorted.map(([key, value]) => `${key}=${printTree(value)}`)].join(';');
}

/** A variable that is called is also the first argument; `[cmd]` that is called loses its outer bracket (seen). */
function printCall(node: CallNode): string {
  const { callee } = node;
  if (callee.kind === 'variable') {
    const self: MemberNode = { value: { kind: 'operation', operator: '>', operands: [callee] } };
    return `(<%% ${printTree(callee)} ${printMembers([self, ...node.args])})`;
  }
  const [only] = callee.kind === 'sequence' ? callee.statements : [];
  const single = callee.kind === 'sequence' && callee.statements.length === 1 && only !== undefined;
  const printed = callee.kind === 'script' ? `(evl ${printTree(callee)})` : printTree(single ? only : callee);
  return `(<%% ${printed} ${printMembers(node.args)})`;
}

/** A carriage return is printed as a line end (seen). */
function printConstant(value: Value): string {
  if (typeof value === 'string') return value.replaceAll('\r', '\n');
  if (typeof value !== 'object') return String(value);
  if (value.type === 'time') return printTime(value);
  if (value.type === 'array') return value.members.map((member) => printConstant(member.value)).join(';');
  return value.type === 'nothing' || value.type === 'nil' ? '' : value.text;
}
