/** Commands that look at values and convert them. */

import { RouterOsError } from '../host.ts';
import { readTime } from '../literals.ts';
import { parse, printParseError } from '../parser.ts';
import type { Value } from '../values.ts';
import { NIL, NOTHING, typeName } from '../values.ts';
import { makeCode } from './code.ts';
import { membersOf, toArray, toBoolean, toNumber, toText } from './convert.ts';
import type { LanguageCommand } from './interpreter.ts';
import { fromJson, toJson } from './json.ts';
import { runnableSchema } from './runnable-schema.ts';

/** A command with one argument, `value`. */
function ofValue(convert: (value: Value) => Value): LanguageCommand {
  return async (machine, node, environment) =>
    convert((await machine.argument(node.args, 'value', environment)) ?? NOTHING);
}

function length(value: Value): bigint {
  if (typeof value === 'object' && value.type === 'array') return BigInt(value.members.length);
  return BigInt(toText(value).length);
}

function toTime(value: Value): Value {
  if (typeof value === 'bigint') return { type: 'time', nanoseconds: value * 1_000_000_000n };
  if (typeof value === 'object' && value.type === 'time') return value;
  return readTime(toText(value)) ?? NIL;
}

/** The options of `:serialize`: one word or several. */
function keepsStrings(options: Value | undefined): boolean {
  const given = options === undefined ? [] : membersOf(options).members.map((member) => toText(member.value));
  return given.flatMap((option) => option.split(',')).includes('json.no-string-conversion');
}

function needJson(format: Value | undefined): void {
  if (format === undefined) throw new RouterOsError('missing value(s) of argument(s) to');
  if (toText(format) !== 'json') throw new RouterOsError(`invalid value for argument to`);
}

export const VALUE_COMMANDS: Readonly<Record<string, LanguageCommand>> = {
  len: ofValue(length),
  typeof: ofValue(typeName),
  tostr: ofValue(toText),
  tonum: ofValue(toNumber),
  tobool: ofValue(toBoolean),
  totime: ofValue(toTime),

  async toarray(machine, node, environment) {
    const value = (await machine.argument(node.args, 'value', environment)) ?? NOTHING;
    const delimiter = (await machine.argument(node.args, 'delimiter', environment)) ?? ',';
    return toArray(value, toText(delimiter));
  },

  async serialize(machine, node, environment) {
    needJson(await machine.argument(node.args, 'to', environment));
    const value = (await machine.argument(node.args, 'value', environment)) ?? NOTHING;
    return toJson(value, keepsStrings(await machine.argument(node.args, 'options', environment)));
  },

  async deserialize(machine, node, environment) {
    needJson(await machine.argument(node.args, 'from', environment));
    const value = (await machine.argument(node.args, 'value', environment)) ?? '';
    return fromJson(toText(value), keepsStrings(await machine.argument(node.args, 'options', environment)));
  },

  async parse(machine, node, environment) {
    const source = toText((await machine.argument(node.args, 'value', environment)) ?? '');
    const result = parse(source, { schema: runnableSchema(machine.host.schema), strict: true });
    if (!result.ok) throw new RouterOsError(printParseError(result.error));
    return makeCode(result.script);
  },

  async timestamp(machine) {
    await machine.limits.step();
    return { type: 'time', nanoseconds: BigInt(Date.now()) * 1_000_000n };
  },
};
