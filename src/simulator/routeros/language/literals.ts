/** What an unquoted word stands for: a number, a length of time, an address, an item id, or text. */

import type { AddressValue, TimeValue, Value } from './values.ts';

const MAX = 9223372036854775807n;
const MIN = -9223372036854775808n;
const SECOND = 1_000_000_000n;

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['w', 604_800n * SECOND],
  ['d', 86_400n * SECOND],
  ['h', 3_600n * SECOND],
  ['m', 60n * SECOND],
  ['s', SECOND],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['ns', 1n],
]);

/** Keeps an integer in 64 bits by wrapping, as arithmetic does. */
export function wrapInteger(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/**
 * Reads a number word: decimal or `0x` hexadecimal, with a sign.
 * A number that is too large becomes the largest one (seen: 89148000006911111111 prints as 9223372036854775807).
 */
export function readNumber(text: string): bigint | undefined {
  const match = /^(-?)(0x[0-9a-fA-F]+|\d+)$/.exec(text);
  if (match === null) return undefined;
  const magnitude = BigInt(match[2] ?? '0');
  const value = match[1] === '-' ? -magnitude : magnitude;
  if (value > MAX) return MAX;
  return value < MIN ? MIN : value;
}

/** Reads a length of time: `1w2d3h4m5s6ms`, or `[1d]01:02:03[.5]`. */
export function readTime(text: string): TimeValue | undefined {
  const clock = /^(-?)(?:(\d+)w)?(?:(\d+)d)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/.exec(text);
  if (clock !== null) {
    const [, sign, weeks, days, hours, minutes, seconds, fraction] = clock;
    const total =
      unit('w') * BigInt(weeks ?? '0') +
      unit('d') * BigInt(days ?? '0') +
      unit('h') * BigInt(hours ?? '0') +
      unit('m') * BigInt(minutes ?? '0') +
      unit('s') * BigInt(seconds ?? '0') +
      BigInt((fraction ?? '').padEnd(9, '0'));
    return { type: 'time', nanoseconds: sign === '-' ? -total : total };
  }
  const parts = /^(-?)((?:\d+(?:w|d|h|ms|us|ns|m|s))+)$/.exec(text);
  if (parts === null) return undefined;
  let total = 0n;
  for (const part of (parts[2] ?? '').matchAll(/(\d+)(w|d|h|ms|us|ns|m|s)/g)) {
    total += BigInt(part[1] ?? '0') * unit(part[2] ?? '');
  }
  return { type: 'time', nanoseconds: parts[1] === '-' ? -total : total };
}

function unit(name: string): bigint {
  return UNITS.get(name) ?? 0n;
}

/** Prints a length of time as devices do: `00:01:00`, `1d00:00:00`, `1w2d00:00:00`, with a fraction when there is one. */
export function printTime(time: TimeValue): string {
  const negative = time.nanoseconds < 0n;
  let rest = negative ? -time.nanoseconds : time.nanoseconds;
  const take = (name: string): bigint => {
    const size = unit(name);
    const count = rest / size;
    rest %= size;
    return count;
  };
  const weeks = take('w');
  const days = take('d');
  const clock = [take('h'), take('m'), take('s')].map((part) => String(part).padStart(2, '0')).join(':');
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0')}`;
  const prefix = `${weeks > 0n ? `${String(weeks)}w` : ''}${days > 0n ? `${String(days)}d` : ''}`;
  return `${negative ? '-' : ''}${prefix}${clock}${fraction}`;
}

/** Reads an IPv4 or IPv6 address or prefix. */
export function readAddress(text: string): AddressValue | undefined {
  const [address, length, extra] = text.split('/');
  if (address === undefined || extra !== undefined) return undefined;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (four !== null) {
    if (four.slice(1).some((part) => Number(part) > 255)) return undefined;
    if (length !== undefined && Number(length) > 32) return undefined;
    return { type: length === undefined ? 'ip' : 'ip-prefix', text };
  }
  if (!/^[0-9a-fA-F:]+(?:\d{1,3}(?:\.\d{1,3}){3})?$/.test(address)) return undefined;
  const groups = address.split(':');
  const compressed = address.includes('::');
  if (groups.length < 3 || groups.length > 9 || groups.some((group) => group.length > 4)) return undefined;
  if (!compressed && groups.length !== 8) return undefined;
  if (length !== undefined && Number(length) > 128) return undefined;
  return { type: length === undefined ? 'ip6' : 'ip6-prefix', text };
}

/** The value of an unquoted word where any type may stand (seen for numbers, times, addresses; the rest inferred). */
export function readWord(text: string): Value {
  if (text === 'true') return true;
  if (text === 'false') return false;
  const number = readNumber(text);
  if (number !== undefined) return number;
  const time = readTime(text);
  if (time !== undefined) return time;
  const address = readAddress(text);
  if (address !== undefined) return address;
  if (/^\*[0-9a-fA-F]+$/.test(text)) return { type: 'id', text };
  return text;
}

/**
 * The value of an unquoted word for a property of an item: a number, an address, an id or yes-and-no word keeps its
 * type, anything whose written form would be lost stays text (inferred: the property's own type decides on a device).
 */
export function readPropertyWord(text: string): Value {
  const value = readWord(text);
  if (typeof value === 'bigint') return String(value) === text ? value : text;
  return typeof value === 'object' && value.type === 'time' ? text : value;
}
