/** `:pick` and `:find`. */

import { RouterOsError } from '../host.ts';
import type { Value } from '../values.ts';
import { NIL, NOTHING, makeArray } from '../values.ts';
import { toNumber, toText } from './convert.ts';
import type { LanguageCommand } from './interpreter.ts';
import { equal } from './operate.ts';

function place(value: Value | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  const number = toNumber(value);
  if (typeof number !== 'bigint') throw new RouterOsError(`invalid value for argument ${name}`);
  return Number(BigInt.asIntN(48, number));
}

/** One part of a text or an array: a single place, or from one place up to before another. */
function pick(value: Value, begin: number, end: number | undefined): Value {
  const from = Math.max(0, begin);
  const to = Math.max(from, end ?? from + 1);
  if (typeof value !== 'object' || value.type !== 'array') return toText(value).slice(from, to);
  if (end === undefined) return value.members[from]?.value ?? NOTHING;
  return makeArray(value.members.slice(from, to));
}

/** Where a text or a member is, searched after a given place; nil when it is not there. */
function find(value: Value, key: Value, from: number): Value {
  if (typeof value === 'object' && value.type === 'array') {
    const at = value.members.findIndex((member, index) => index > from && equal(member.value, key, false));
    return at < 0 ? NIL : (value.members[at]?.key ?? BigInt(at));
  }
  const at = toText(value).indexOf(toText(key), Math.max(0, from + 1));
  return at < 0 ? NIL : BigInt(at);
}

export const TEXT_COMMANDS: Readonly<Record<string, LanguageCommand>> = {
  async pick(machine, node, environment) {
    const value = (await machine.argument(node.args, 'counter', environment)) ?? NOTHING;
    const begin = place(await machine.argument(node.args, 'begin', environment), 'begin');
    const end = place(await machine.argument(node.args, 'end', environment), 'end');
    return pick(value, begin ?? 0, end);
  },

  async find(machine, node, environment) {
    const value = (await machine.argument(node.args, 'in', environment)) ?? NOTHING;
    const key = (await machine.argument(node.args, 'key', environment)) ?? NOTHING;
    return find(value, key, place(await machine.argument(node.args, 'from', environment), 'from') ?? -1);
  },
};
