/** The scripting language of RouterOS: parser, tree printer and evaluator. */

export { execute } from './evaluator/execute.ts';
export type { ExecuteResult } from './evaluator/execute.ts';
export type { LimitOptions as ExecuteOptions } from './evaluator/limits.ts';
export { RouterOsError } from './host.ts';
export type { CommandCall, CommandHost, Row, Schema } from './host.ts';
export { parse, printParseError } from './parser.ts';
export type { ParseError, ParseOptions, ParseResult } from './parser.ts';
export { printTree } from './print-tree.ts';
export { NIL, NOTHING, compareBytes, listOf, makeArray, recordOf, typeName } from './values.ts';
export type { ArrayMember, ArrayValue, Value } from './values.ts';
