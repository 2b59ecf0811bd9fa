/** The scripting language of RouterOS: parser, tree printer and evaluator. */

export { execute } from './evaluator/execute.ts';
export type { ExecuteOptions } from './evaluator/execute.ts';
export { RouterOsError } from './host.ts';
export type { CommandCall, CommandHost, Schema } from './host.ts';
export { parse, printParseError } from './parser.ts';
export { printTree } from './print-tree.ts';
export { ScriptSession } from './session.ts';
export { NOTHING, listOf, recordOf } from './values.ts';
export type { Value } from './values.ts';
