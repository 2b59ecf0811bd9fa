/** What the commands of the language need of the machine that runs them. */

import type { ArgumentNode, CommandNode, Node } from '../ast.ts';
import type { CommandHost } from '../host.ts';
import type { ArrayMember, Value } from '../values.ts';
import type { Environment } from './environment.ts';
import type { Limits } from './limits.ts';

/** The machine, as its commands see it. */
export interface Interpreter {
  readonly host: CommandHost;
  readonly limits: Limits;
  /** The value of a node. */
  evaluate(node: Node, environment: Environment): Promise<Value>;
  /** The value of an argument, or undefined when it was not given. */
  argument(args: readonly ArgumentNode[], name: string, environment: Environment): Promise<Value | undefined>;
  /** Runs a piece of script given as an argument, in a block of its own. */
  body(args: readonly ArgumentNode[], name: string, environment: Environment): Promise<Value>;
  /** Calls a value. */
  invoke(
    callee: Value,
    args: readonly ArrayMember[],
    environment: Environment,
    name?: string,
  ): Promise<Value>;
}

/** What a command of the language does. */
export type LanguageCommand = (
  machine: Interpreter,
  node: CommandNode,
  environment: Environment,
) => Promise<Value>;

/** Ends a function with its value: `:return`. */
export class Returned extends Error {
  override readonly name: string = 'Returned';
  readonly value: Value;

  constructor(value: Value) {
    super('return');
    this.value = value;
  }
}

/** The node of an argument. */
export function argumentNode(args: readonly ArgumentNode[], name: string): Node | undefined {
  return args.find((argument) => argument.name === name)?.value;
}
