/** The operators: how they bind, and how they are joined in the tree. */

import type { Node } from './ast.ts';

/** Binary operators by how tightly they bind; the printed name differs from the written one for `&&` and `||`. */
const LEVELS: readonly (readonly string[])[] = [
  [','],
  ['or'],
  ['and'],
  ['=', '!=', '<', '>', '<=', '>=', '~', 'in'],
  ['.'],
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const PRECEDENCE: ReadonlyMap<string, number> = new Map(
  LEVELS.flatMap((operators, level) => operators.map((operator) => [operator, level + 1] as const)),
);

/** Operators whose nested uses are joined into one with more operands, on both sides (seen for `. , + * and or`). */
const JOINED: ReadonlySet<string> = new Set(['.', ',', '+', '*', 'and', 'or', '&', '|', '^']);

const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['&&', 'and'],
  ['||', 'or'],
]);

/** Matches any binary operator at the cursor. */
export const BINARY_OPERATOR = /&&|\|\||(?:and|or|in)(?![A-Za-z0-9_-])|!=|<=|>=|<<|>>|[-=<>~.,+*/%&|^]/y;

/** The name that the tree shows for a written operator. */
export function operatorName(written: string): string {
  return SPELLINGS.get(written) ?? written;
}

/** How tightly an operator binds: a higher number binds tighter. */
export function precedenceOf(operator: string): number {
  return PRECEDENCE.get(operator) ?? 0;
}

/** Whether an operator compares, so that a bare word at its right is text even inside `where`. */
export function compares(operator: string): boolean {
  return precedenceOf(operator) === precedenceOf('=');
}

/** Makes an operation, joined with operands of the same operator where the device does so. */
export function operation(operator: string, operands: readonly Node[]): Node {
  const joined = JOINED.has(operator)
    ? operands.flatMap((operand) =>
        operand.kind === 'operation' && operand.operator === operator && operand.operands.length > 1
          ? operand.operands
          : [operand],
      )
    : operands;
  return { kind: 'operation', operator, operands: joined };
}
