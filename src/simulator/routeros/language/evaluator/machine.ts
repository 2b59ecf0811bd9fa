/** Evaluates a parse tree. */

import type { ArgumentNode, CallNode, CommandNode, MemberNode, Node } from '../ast.ts';
import type { CommandHost } from '../host.ts';
import { isFlag } from '../unnamed-arguments.ts';
import type { ArrayMember, Value } from '../values.ts';
import { NOTHING, makeArray } from '../values.ts';
import { codeIn, makeFunction, quoteNode } from './code.ts';
import { LANGUAGE_COMMANDS } from './language-commands.ts';
import type { Environment } from './environment.ts';
import type { Interpreter } from './interpreter.ts';
import { Returned, argumentNode } from './interpreter.ts';
import type { Limits } from './limits.ts';
import { isTrue, operateOne, operateTwo } from './operate.ts';
import { weightOf } from './weight.ts';

/** Runs one script. */
export class Machine implements Interpreter {
  readonly host: CommandHost;
  readonly limits: Limits;

  constructor(host: CommandHost, limits: Limits) {
    this.host = host;
    this.limits = limits;
  }

  /** Runs statements one after another; yields the value of the last. */
  async run(statements: readonly Node[], environment: Environment): Promise<Value> {
    let value: Value = NOTHING;
    for (const statement of statements) value = await this.evaluate(statement, environment);
    return value;
  }

  /** The value of a node. */
  async evaluate(node: Node, environment: Environment): Promise<Value> {
    await this.limits.step();
    switch (node.kind) {
      case 'constant':
        return node.value;
      case 'variable':
        return environment.get(node.name);
      case 'operation':
        return this.bounded(await this.operate(node.operator, node.operands, environment));
      case 'array':
        return this.bounded(makeArray(await this.members(node.members, environment)));
      case 'call':
        return this.call(node, environment);
      case 'command':
        return this.command(node, environment);
      case 'menu':
        return NOTHING;
      case 'script':
        return this.run(node.statements, environment);
      case 'sequence':
        return this.run(node.statements, environment.block());
      case 'code':
        return makeFunction(node.body);
      case 'where':
        return this.evaluate(node.condition, environment);
    }
  }

  /** The value of an argument, or undefined when it was not given. */
  async argument(
    args: readonly ArgumentNode[],
    name: string,
    environment: Environment,
  ): Promise<Value | undefined> {
    const argument = argumentNode(args, name);
    return argument === undefined ? undefined : this.evaluate(argument, environment);
  }

  /** Runs a piece of script given as an argument, in a block of its own. */
  async body(args: readonly ArgumentNode[], name: string, environment: Environment): Promise<Value> {
    const node = argumentNode(args, name);
    if (node === undefined) return NOTHING;
    if (node.kind === 'code') return this.run(node.body.statements, environment.block());
    return this.invoke(await this.evaluate(node, environment), [], environment);
  }

  /** Calls a value: a function, code from `:parse`, or anything else, which stands for itself. */
  async invoke(
    callee: Value,
    args: readonly ArrayMember[],
    environment: Environment,
    name = '',
  ): Promise<Value> {
    const body = codeIn(callee);
    if (body === undefined) return callee;
    const own = environment.call();
    own.declareLocal('0', name);
    let place = 0;
    for (const { key, value } of args) {
      place += key === undefined ? 1 : 0;
      own.declareLocal(key ?? String(place), value);
    }
    this.limits.enter();
    try {
      return await this.evaluate(body, own);
    } catch (error) {
      if (error instanceof Returned) return error.value;
      throw error;
    } finally {
      this.limits.leave();
    }
  }

  /** Checks that a value is not too large. */
  bounded<T extends Value>(value: T): T {
    this.limits.size(weightOf(value));
    return value;
  }

  private async operate(
    operator: string,
    operands: readonly Node[],
    environment: Environment,
  ): Promise<Value> {
    const [first, ...rest] = operands;
    if (first === undefined) return NOTHING;
    if (rest.length === 0 && operator === '>') return quoteNode(first);
    let value = await this.evaluate(first, environment);
    if (rest.length === 0) return operateOne(operator, value);
    for (const operand of rest) {
      if (operator === 'and' && !isTrue(value)) return false;
      if (operator === 'or' && isTrue(value)) return true;
      const other = await this.evaluate(operand, environment);
      if (operator === 'and' || operator === 'or') value = isTrue(other);
      else value = this.bounded(operateTwo(operator, value, other, environment.looksAtRow));
    }
    return value;
  }

  private async members(nodes: readonly MemberNode[], environment: Environment): Promise<ArrayMember[]> {
    const members: ArrayMember[] = [];
    for (const { key, value: node } of nodes) {
      const value = await this.evaluate(node, environment);
      members.push(key === undefined ? { value } : { key, value });
    }
    return members;
  }

  private async call(node: CallNode, environment: Environment): Promise<Value> {
    const callee = await this.evaluate(node.callee, environment);
    const args = await this.members(node.args, environment);
    const name = node.callee.kind === 'variable' ? node.callee.name : '';
    return this.invoke(callee, args, environment, name);
  }

  private async command(node: CommandNode, environment: Environment): Promise<Value> {
    if (node.path.length === 0) {
      const run = LANGUAGE_COMMANDS.get(node.command);
      if (run !== undefined) return this.bounded(await run(this, node, environment));
    }
    const args = new Map<string, Value>();
    const flags = new Set<string>();
    let condition: Node | undefined;
    for (const argument of node.args) {
      if (argument.value.kind === 'where') {
        condition = argument.value.condition;
        continue;
      }
      const value = await this.evaluate(argument.value, environment);
      if (argument.flag === true || (isFlag(argument.name) && isYes(value))) flags.add(argument.name);
      else args.set(argument.name, value);
    }
    const where = condition;
    const call = { path: node.path, command: node.command, args, flags, signal: this.limits.signal };
    const work = this.host.run(
      where === undefined
        ? call
        : { ...call, where: async (row) => isTrue(await this.evaluate(where, environment.forRow(row))) },
    );
    return this.bounded(await this.limits.within(Promise.resolve(work)));
  }
}

function isYes(value: Value): boolean {
  return value === true || value === 'yes';
}
