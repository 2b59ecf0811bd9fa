/**
 * Values of the RouterOS scripting language.
 *
 * A string is a byte string: each UTF-16 unit holds one byte (0 to 255), as the devices treat text.
 */

/** The value of a command that yields nothing, and of a variable that was never set (`:typeof` says `nothing`). */
export interface NothingValue {
  readonly type: 'nothing';
}

/** What `:find` and array look-ups yield when there is no match (`:typeof` says `nil`). */
export interface NilValue {
  readonly type: 'nil';
}

/** A length of time in nanoseconds. */
export interface TimeValue {
  readonly type: 'time';
  readonly nanoseconds: bigint;
}

/** An IPv4 address, an IPv4 prefix or an IPv6 address or prefix, kept as text. */
export interface AddressValue {
  readonly type: 'ip' | 'ip-prefix' | 'ip6' | 'ip6-prefix';
  readonly text: string;
}

/** The internal identifier of an item, such as `*1F`. */
export interface IdValue {
  readonly type: 'id';
  readonly text: string;
}

/** One member of an array: with a key, or by position. */
export interface ArrayMember {
  readonly key?: string;
  readonly value: Value;
}

/** An array: members by position first, then members with a key in byte order (seen in the printed trees). */
export interface ArrayValue {
  readonly type: 'array';
  readonly members: readonly ArrayMember[];
}

/** A piece of script that has not run yet: a function body, or what `:parse` yields. */
export interface CodeValue {
  readonly type: 'code';
  /** The parse tree in the device's own notation. */
  readonly text: string;
}

/** Any value a script can hold. Integers are 64 bit and signed, hence `bigint`. */
export type Value =
  | NothingValue
  | NilValue
  | boolean
  | bigint
  | string
  | TimeValue
  | AddressValue
  | IdValue
  | ArrayValue
  | CodeValue;

/** The one "nothing" value. */
export const NOTHING: NothingValue = { type: 'nothing' };

/** The one "nil" value. */
export const NIL: NilValue = { type: 'nil' };

/** Makes an array: members by position keep their order, members with a key are sorted, a repeated key counts once. */
export function makeArray(members: Iterable<ArrayMember>): ArrayValue {
  const positional: ArrayMember[] = [];
  const keyed = new Map<string, ArrayMember>();
  for (const member of members) {
    if (member.key === undefined) positional.push(member);
    else keyed.set(member.key, member);
  }
  const sorted = [...keyed].sort(([a], [b]) => compareBytes(a, b)).map(([, member]) => member);
  return { type: 'array', members: [...positional, ...sorted] };
}

/** Makes an array of values by position. */
export function listOf(values: Iterable<Value>): ArrayValue {
  return { type: 'array', members: [...values].map((value) => ({ value })) };
}

/** Makes an array with keys. */
export function recordOf(entries: Iterable<readonly [string, Value]>): ArrayValue {
  return makeArray([...entries].map(([key, value]) => ({ key, value })));
}

/** Orders two byte strings by their bytes. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The name that `:typeof` prints for a value. */
export function typeName(value: Value): string {
  if (typeof value === 'object') return value.type;
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'num' : 'str';
}
