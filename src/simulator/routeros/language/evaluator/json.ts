/** JSON for `:serialize` and `:deserialize`. */

import { RouterOsError } from '../host.ts';
import { readNumber } from '../literals.ts';
import type { ArrayMember, Value } from '../values.ts';
import { NOTHING, listOf, makeArray } from '../values.ts';
import { toText } from './convert.ts';

const MAX_DEPTH = 100;

function tooDeep(): never {
  throw new RouterOsError('failure: nested too deep');
}

/**
 * Prints a value as JSON. Unless told otherwise, a text that is a number becomes one with six decimals (manual:
 * "1234" becomes 1234.000000); booleans and integers are always typed (seen).
 */
export function toJson(value: Value, keepStrings: boolean, depth = 0): string {
  if (depth > MAX_DEPTH) tooDeep();
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return textToJson(value, keepStrings);
  if (value.type === 'nothing' || value.type === 'nil') return 'null';
  if (value.type !== 'array') return quote(toText(value));
  if (value.members.every((member) => member.key === undefined)) {
    return `[${value.members.map((member) => toJson(member.value, keepStrings, depth + 1)).join(',')}]`;
  }
  const entries = value.members.map(
    (member, index) =>
      `${quote(member.key ?? String(index))}:${toJson(member.value, keepStrings, depth + 1)}`,
  );
  return `{${entries.join(',')}}`;
}

function textToJson(text: string, keepStrings: boolean): string {
  if (!keepStrings && /^-?\d{1,15}(?:\.\d+)?$/.test(text)) return Number(text).toFixed(6);
  return quote(text);
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Quotes a byte string; bytes above 127 pass as they are. */
function quote(text: string): string {
  const escaped = text.replace(/["\\\p{Cc}]/gu, (character) => {
    const code = character.charCodeAt(0);
    return SHORT.get(character) ?? (code < 32 ? `\\u${code.toString(16).padStart(4, '0')}` : character);
  });
  return `"${escaped}"`;
}

/** Reads JSON; a text that is a number becomes one unless strings are kept (inferred, the reverse of serializing). */
export function fromJson(text: string, keepStrings: boolean): Value {
  const bytes = text.replace(/\\(?:u([0-9a-fA-F]{4})|.)/g, (whole, digits: string | undefined) => {
    const code = parseInt(digits ?? '0', 16);
    return code < 0x80 ? whole : Buffer.from(String.fromCharCode(code)).toString('latin1');
  });
  try {
    return convert(JSON.parse(bytes), keepStrings, 0);
  } catch (error) {
    if (error instanceof RouterOsError) throw error;
    throw new RouterOsError('failure: invalid json');
  }
}

function convert(parsed: unknown, keepStrings: boolean, depth: number): Value {
  if (depth > MAX_DEPTH) tooDeep();
  if (typeof parsed === 'boolean') return parsed;
  if (typeof parsed === 'number') return Number.isSafeInteger(parsed) ? BigInt(parsed) : String(parsed);
  if (typeof parsed === 'string') return keepStrings ? parsed : (readNumber(parsed) ?? parsed);
  if (Array.isArray(parsed)) return listOf(parsed.map((member) => convert(member, keepStrings, depth + 1)));
  if (typeof parsed !== 'object' || parsed === null) return NOTHING;
  const members = Object.entries(parsed).map(([key, member]): ArrayMember => ({
    key,
    value: convert(member, keepStrings, depth + 1),
  }));
  return makeArray(members);
}
