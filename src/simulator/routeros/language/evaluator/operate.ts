/** What the operators do. */

import { RouterOsError } from '../host.ts';
import { readAddress, readTime, wrapInteger } from '../literals.ts';
import type { Value } from '../values.ts';
import { NOTHING, compareBytes, makeArray, typeName } from '../values.ts';
import { addressToNumber, numberToAddress, toNumber, toText } from './convert.ts';
import { matches } from './regular-expression.ts';

/** The words that errors use for types (inferred from the texts of errors that users report). */
const NOUNS: ReadonlyMap<string, string> = new Map([
  ['num', 'integer number'],
  ['str', 'string'],
  ['time', 'time interval'],
  ['bool', 'boolean'],
  ['ip', 'ip address'],
  ['nothing', 'nothing'],
]);

function cannot(verb: string, left: Value, right: Value): never {
  const noun = (value: Value): string => NOUNS.get(typeName(value)) ?? typeName(value);
  throw new RouterOsError(`cannot ${verb} ${noun(left)} and ${noun(right)}`);
}

/** Whether two values are equal: same type and same content; lenient is for conditions, where a word is compared with a typed property. */
export function equal(left: Value, right: Value, lenient: boolean): boolean {
  if (typeof left === 'object' && typeof right === 'object') {
    if (left.type === 'time' && right.type === 'time') return left.nanoseconds === right.nanoseconds;
    return (left.type === right.type || lenient) && toText(left) === toText(right);
  }
  if (typeof left === typeof right) return left === right;
  if (!lenient) return false;
  if (typeof left === 'object' && left.type === 'time' && typeof right === 'string') {
    return readTime(right)?.nanoseconds === left.nanoseconds;
  }
  return comparable(left) === comparable(right);
}

function comparable(value: Value): string {
  if (value === true || value === 'yes') return 'true';
  if (value === false || value === 'no') return 'false';
  return toText(value);
}

/** Orders two values of the same type. */
function order(left: Value, right: Value): number {
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'string' && typeof right === 'string') return compareBytes(left, right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (typeof left === 'object' && typeof right === 'object') {
    if (left.type === 'time' && right.type === 'time') return order(left.nanoseconds, right.nanoseconds);
    if (left.type === 'ip' && right.type === 'ip')
      return order(addressToNumber(left.text), addressToNumber(right.text));
  }
  return cannot('compare', left, right);
}

function arithmetic(operator: string, left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint')
    return wrapInteger(integers(operator, left, right));
  if (typeof left === 'object' && typeof right === 'object') {
    if (left.type === 'time' && right.type === 'time' && (operator === '+' || operator === '-')) {
      return { type: 'time', nanoseconds: integers(operator, left.nanoseconds, right.nanoseconds) };
    }
    if (left.type === 'ip' && right.type === 'ip') {
      const result = integers(operator, addressToNumber(left.text), addressToNumber(right.text));
      return operator === '-' ? result : numberToAddress(result);
    }
  }
  if (typeof left === 'object' && typeof right === 'bigint') {
    if (left.type === 'ip') return numberToAddress(integers(operator, addressToNumber(left.text), right));
    if (left.type === 'time' && (operator === '*' || operator === '/')) {
      return { type: 'time', nanoseconds: integers(operator, left.nanoseconds, right) };
    }
  }
  return cannot('calculate with', left, right);
}

function integers(operator: string, left: bigint, right: bigint): bigint {
  if ((operator === '/' || operator === '%') && right === 0n) throw new RouterOsError('division by zero');
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
      return left << BigInt.asUintN(6, right);
    default:
      return BigInt.asUintN(64, left) >> BigInt.asUintN(6, right);
  }
}

/** Whether an address is in a prefix. */
function inside(left: Value, right: Value): boolean {
  if (typeof right === 'object' && right.type === 'array') {
    return right.members.some((member) => equal(left, member.value, false));
  }
  const address = readAddress(toText(left));
  const [base = '', length = '32'] = toText(right).split('/');
  const network = readAddress(base);
  if (address === undefined || network?.type !== 'ip') return false;
  const [host = '', own = '32'] = address.text.split('/');
  if (readAddress(host)?.type !== 'ip' || Number(own) < Number(length)) return false;
  const shift = BigInt(32 - Math.min(32, Number(length)));
  return addressToNumber(host) >> shift === addressToNumber(base) >> shift;
}

/** Appends with `,`: the members of arrays, other values as they are. */
function append(left: Value, right: Value): Value {
  const members = [left, right].flatMap((value) =>
    typeof value === 'object' && value.type === 'array' ? value.members : [{ value }],
  );
  return makeArray(members);
}

/** A member of an array by key or by place, or nothing. */
export function memberOf(array: Value, key: Value): Value {
  if (typeof array !== 'object' || array.type !== 'array') return NOTHING;
  if (typeof key === 'bigint') return array.members[Number(key)]?.value ?? NOTHING;
  const name = toText(key);
  return array.members.find((member) => member.key === name)?.value ?? NOTHING;
}

/** Applies an operator to two values. */
export function operateTwo(operator: string, left: Value, right: Value, lenient: boolean): Value {
  switch (operator) {
    case '=':
      return equal(left, right, lenient);
    case '!=':
      return !equal(left, right, lenient);
    case '<':
      return order(left, right) < 0;
    case '>':
      return order(left, right) > 0;
    case '<=':
      return order(left, right) <= 0;
    case '>=':
      return order(left, right) >= 0;
    case '~':
      return matches(toText(left), toText(right));
    case 'in':
      return inside(left, right);
    case '.':
      return toText(left) + toText(right);
    case ',':
      return append(left, right);
    case '->':
      return memberOf(left, right);
    default:
      return arithmetic(operator, left, right);
  }
}

/** Whether a value counts as true in a condition. */
export function isTrue(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value === 'object' && (value.type === 'nothing' || value.type === 'nil')) return false;
  throw new RouterOsError('conditional not boolean');
}

/** Applies an operator to one value. */
export function operateOne(operator: string, operand: Value): Value {
  switch (operator) {
    case '!':
      return !isTrue(operand);
    case 'any':
      return !(typeof operand === 'object' && (operand.type === 'nothing' || operand.type === 'nil'));
    case '~': {
      const number = toNumber(operand);
      if (typeof operand === 'object' && operand.type === 'ip')
        return numberToAddress(~addressToNumber(operand.text));
      return typeof number === 'bigint' ? ~number : cannot('invert', operand, NOTHING);
    }
    default:
      if (typeof operand === 'bigint') return wrapInteger(-operand);
      if (typeof operand === 'object' && operand.type === 'time') {
        return { type: 'time', nanoseconds: -operand.nanoseconds };
      }
      return cannot('negate', operand, NOTHING);
  }
}
