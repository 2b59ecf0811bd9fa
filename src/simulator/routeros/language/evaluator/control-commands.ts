/** Conditions, loops, errors and what else directs a script. */

import { setTimeout as wait } from 'node:timers/promises';

import type { Node } from '../ast.ts';
import { RouterOsError } from '../host.ts';
import type { Value } from '../values.ts';
import { NOTHING } from '../values.ts';
import { membersOf, toNumber, toText } from './convert.ts';
import type { Environment } from './environment.ts';
import type { Interpreter, LanguageCommand } from './interpreter.ts';
import { Returned, argumentNode } from './interpreter.ts';
import { isTrue } from './operate.ts';

/** The names of loop variables. */
function counters(node: Node | undefined): readonly string[] {
  if (node?.kind === 'variable') return [node.name];
  if (node?.kind !== 'array') return [];
  return node.members.flatMap((member) => (member.value.kind === 'variable' ? [member.value.name] : []));
}

async function holds(
  machine: Interpreter,
  condition: Node | undefined,
  environment: Environment,
): Promise<boolean> {
  return condition !== undefined && isTrue(await machine.evaluate(condition, environment));
}

async function integer(machine: Interpreter, value: Value | undefined, otherwise: bigint): Promise<bigint> {
  await machine.limits.step();
  if (value === undefined) return otherwise;
  const number = toNumber(value);
  if (typeof number !== 'bigint') throw new RouterOsError('invalid value for argument from');
  return number;
}

/** Milliseconds of a length of time; a number counts seconds. */
function milliseconds(value: Value | undefined): number {
  if (typeof value === 'object' && value.type === 'time') return Number(value.nanoseconds / 1_000_000n);
  const number = value === undefined ? 0n : toNumber(value);
  return typeof number === 'bigint' ? Number(number) * 1000 : 0;
}

async function pause(machine: Interpreter, value: Value | undefined): Promise<void> {
  const time = Math.min(Math.max(milliseconds(value), 0), 2 ** 31 - 1);
  await machine.limits.within(wait(time, undefined, { signal: machine.limits.signal }));
}

/** `:onerror` and `on-error=` catch errors of commands, not the end of the script itself. */
async function caught(
  work: Promise<Value>,
): Promise<{ readonly value: Value } | { readonly error: RouterOsError }> {
  try {
    return { value: await work };
  } catch (error) {
    if (error instanceof RouterOsError) return { error };
    throw error;
  }
}

export const CONTROL_COMMANDS: Readonly<Record<string, LanguageCommand>> = {
  async if(machine, node, environment) {
    const condition = await machine.argument(node.args, 'condition', environment);
    if (condition === undefined) throw new RouterOsError('missing value(s) of argument(s) condition');
    return machine.body(node.args, isTrue(condition) ? 'do' : 'else', environment);
  },

  async while(machine, node, environment) {
    const condition = argumentNode(node.args, 'condition');
    while (await holds(machine, condition, environment)) await machine.body(node.args, 'do', environment);
    return NOTHING;
  },

  async do(machine, node, environment) {
    const condition = argumentNode(node.args, 'while');
    const first = argumentNode(node.args, 'if');
    if (first !== undefined && !(await holds(machine, first, environment))) return NOTHING;
    for (;;) {
      const work = machine.body(node.args, 'command', environment);
      const outcome =
        argumentNode(node.args, 'on-error') === undefined ? { value: await work } : await caught(work);
      if ('error' in outcome) return machine.body(node.args, 'on-error', environment);
      if (!(await holds(machine, condition, environment))) return outcome.value;
    }
  },

  async for(machine, node, environment) {
    const [name] = counters(argumentNode(node.args, 'counter'));
    const from = await integer(machine, await machine.argument(node.args, 'from', environment), 0n);
    const to = await integer(machine, await machine.argument(node.args, 'to', environment), from);
    const step = await integer(
      machine,
      await machine.argument(node.args, 'step', environment),
      from <= to ? 1n : -1n,
    );
    if (step === 0n) throw new RouterOsError('invalid value for argument step');
    for (let at = from; step > 0n ? at <= to : at >= to; at += step) {
      const block = environment.block();
      if (name !== undefined) block.declareLocal(name, at);
      await machine.limits.step();
      await machine.body(node.args, 'do', block);
    }
    return NOTHING;
  },

  async foreach(machine, node, environment) {
    const names = counters(argumentNode(node.args, 'counter'));
    const value = (await machine.argument(node.args, 'in', environment)) ?? NOTHING;
    let place = 0n;
    for (const member of membersOf(value).members) {
      const block = environment.block();
      const [first, second] = names;
      if (second !== undefined) block.declareLocal(second, member.value);
      if (first !== undefined)
        block.declareLocal(first, second === undefined ? member.value : (member.key ?? place));
      place += 1n;
      await machine.limits.step();
      await machine.body(node.args, 'do', block);
    }
    return NOTHING;
  },

  async error(machine, node, environment) {
    const message = toText((await machine.argument(node.args, 'message', environment)) ?? '');
    throw new RouterOsError(`${message} (:error; line ${String(node.position.line)})`);
  },

  async return(machine, node, environment) {
    throw new Returned((await machine.argument(node.args, 'value', environment)) ?? NOTHING);
  },

  async onerror(machine, node, environment) {
    const outcome = await caught(machine.body(node.args, 'in', environment));
    if ('value' in outcome) return outcome.value;
    const [name] = counters(argumentNode(node.args, 'error'));
    const block = environment.block();
    if (name !== undefined) block.declareLocal(name, outcome.error.message);
    return machine.body(node.args, 'do', block);
  },

  async retry(machine, node, environment) {
    const most = await integer(machine, await machine.argument(node.args, 'max', environment), 1n);
    const delay = await machine.argument(node.args, 'delay', environment);
    for (let attempt = 1n; ; attempt += 1n) {
      const outcome = await caught(machine.body(node.args, 'command', environment));
      if ('value' in outcome) return outcome.value;
      if (attempt >= most) {
        if (argumentNode(node.args, 'on-error') === undefined) throw outcome.error;
        return machine.body(node.args, 'on-error', environment);
      }
      await pause(machine, delay);
    }
  },

  async delay(machine, node, environment) {
    await pause(machine, await machine.argument(node.args, 'delay-time', environment));
    return NOTHING;
  },

  async nothing(machine) {
    await machine.limits.step();
    return NOTHING;
  },

  async put(machine, node, environment) {
    machine.host.print(toText((await machine.argument(node.args, 'message', environment)) ?? ''));
    return NOTHING;
  },

  async time(machine, node, environment) {
    const start = process.hrtime.bigint();
    await machine.body(node.args, 'command', environment);
    return { type: 'time', nanoseconds: process.hrtime.bigint() - start };
  },
};
