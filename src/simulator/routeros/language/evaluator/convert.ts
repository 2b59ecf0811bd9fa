/** Conversions between types. */

import { printTime, readAddress, readNumber, readTime } from '../literals.ts';
import type { ArrayValue, Value } from '../values.ts';
import { NIL, listOf } from '../values.ts';

/** The text of a value, as `:put` prints it (arrays: `1;2;a=3`, seen). */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if (value.type === 'nothing' || value.type === 'nil') return '';
  if (value.type === 'time') return printTime(value);
  if (value.type !== 'array') return value.text;
  return value.members
    .map((member) => (member.key === undefined ? '' : `${member.key}=`) + toText(member.value))
    .join(';');
}

/** An IPv4 address as a number. */
export function addressToNumber(text: string): bigint {
  return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

/** A number as an IPv4 address. */
export function numberToAddress(value: bigint): Value {
  const bits = BigInt.asUintN(32, value);
  const text = [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 255n)).join('.');
  return { type: 'ip', text };
}

/** What `:tonum` yields; nil when there is no number in it (inferred). */
export function toNumber(value: Value): Value {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') {
    const number = readNumber(value);
    if (number !== undefined) return number;
    const address = readAddress(value);
    if (address?.type === 'ip') return addressToNumber(address.text);
    const time = readTime(value);
    return time === undefined ? NIL : time.nanoseconds / 1_000_000_000n;
  }
  if (value.type === 'time') return value.nanoseconds / 1_000_000_000n;
  if (value.type === 'ip') return addressToNumber(value.text);
  if (value.type === 'array') return value.members[0] === undefined ? NIL : toNumber(value.members[0].value);
  return NIL;
}

/** What `:tobool` yields; nil when it is neither (inferred). */
export function toBoolean(value: Value): Value {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  if (value === 'true' || value === 'yes') return true;
  if (value === 'false' || value === 'no') return false;
  return NIL;
}

/** What `:toarray` yields: a text is split at commas, blanks around the parts removed (inferred). */
export function toArray(value: Value, delimiter: string): ArrayValue {
  if (typeof value === 'object' && value.type === 'array') return value;
  if (typeof value === 'object' && (value.type === 'nothing' || value.type === 'nil')) return listOf([]);
  if (typeof value !== 'string') return listOf([value]);
  if (value === '') return listOf([]);
  return listOf(value.split(delimiter).map((part) => part.trim()));
}

/** The members of a value that a loop goes through: an array's own, or the value itself. */
export function membersOf(value: Value): ArrayValue {
  if (typeof value === 'object' && value.type === 'array') return value;
  if (typeof value === 'object' && (value.type === 'nothing' || value.type === 'nil')) return listOf([]);
  return listOf([value]);
}
