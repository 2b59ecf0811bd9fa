/** `:local`, `:global` and `:set`. */

import type { CommandNode, Node } from '../ast.ts';
import { RouterOsError } from '../host.ts';
import type { ArrayMember, Value } from '../values.ts';
import { NOTHING, makeArray } from '../values.ts';
import { toText } from './convert.ts';
import type { Environment } from './environment.ts';
import type { Interpreter, LanguageCommand } from './interpreter.ts';
import { argumentNode } from './interpreter.ts';
import { weightOf } from './weight.ts';

const MAX_INDEX = 65_536;

/** The value to store: `value=`, or the function of `do=`. */
async function given(
  machine: Interpreter,
  node: CommandNode,
  environment: Environment,
): Promise<Value | undefined> {
  const code = await machine.argument(node.args, 'do', environment);
  return code ?? machine.argument(node.args, 'value', environment);
}

function nameOf(node: CommandNode): string {
  const name = argumentNode(node.args, 'name');
  if (name?.kind !== 'variable') throw new RouterOsError('missing value(s) of argument(s) name');
  return name.name;
}

/** An array with one member set; places that are skipped are filled with nothing. */
function withMember(array: Value, key: Value, value: Value): Value {
  const members: ArrayMember[] =
    typeof array === 'object' && array.type === 'array' ? [...array.members] : [];
  if (typeof key !== 'bigint') return makeArray([...members, { key: toText(key), value }]);
  const place = Number(key);
  if (place < 0 || place > MAX_INDEX) throw new RouterOsError('failure: index out of range');
  const positional = members.filter((member) => member.key === undefined);
  while (positional.length <= place) positional.push({ value: NOTHING });
  positional[place] = { value };
  return makeArray([...positional, ...members.filter((member) => member.key !== undefined)]);
}

/** Stores into a variable, or into a member of an array in one: `:set ($a->"k") v`. */
async function store(
  machine: Interpreter,
  target: Node,
  value: Value,
  environment: Environment,
): Promise<void> {
  if (target.kind === 'variable') {
    if (!environment.assign(target.name, value)) environment.declareLocal(target.name, value);
    return;
  }
  const [container, key] = target.kind === 'operation' && target.operator === '->' ? target.operands : [];
  if (container === undefined || key === undefined) {
    throw new RouterOsError('failure: variable name expected');
  }
  const name = await machine.evaluate(key, environment);
  const array = await machine.evaluate(container, environment);
  const changed = withMember(array, name, value);
  machine.limits.size(weightOf(changed));
  await store(machine, container, changed, environment);
}

export const VARIABLE_COMMANDS: Readonly<Record<string, LanguageCommand>> = {
  async local(machine, node, environment) {
    environment.declareLocal(nameOf(node), (await given(machine, node, environment)) ?? NOTHING);
    return NOTHING;
  },
  async global(machine, node, environment) {
    environment.declareGlobal(nameOf(node), await given(machine, node, environment));
    return NOTHING;
  },
  async set(machine, node, environment) {
    const target = argumentNode(node.args, 'name');
    if (target === undefined) throw new RouterOsError('missing value(s) of argument(s) name');
    await store(machine, target, (await given(machine, node, environment)) ?? NOTHING, environment);
    return NOTHING;
  },
};
