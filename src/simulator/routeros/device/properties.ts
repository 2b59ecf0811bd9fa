import { printTime } from '../language/literals.ts';
import { NOTHING, RouterOsError, type Value } from '../language/index.ts';

/** What a property may hold, and how print shows it. */
export type Kind =
  /** Quoted in text. */
  | { readonly type: 'text' }
  /** Text that is not quoted: paths, names of other items. */
  | { readonly type: 'bare' }
  | { readonly type: 'bool' }
  /** Digits in groups of three when it counts bytes or pieces; some print their unit. */
  | { readonly type: 'number'; readonly grouped?: boolean; readonly max?: number; readonly unit?: string }
  /** A length of time: `4w22h3m`. */
  | { readonly type: 'time' }
  /** Bytes, shown rounded with a binary unit. */
  | { readonly type: 'size' }
  | { readonly type: 'choice'; readonly of: readonly string[] };

export interface Property {
  readonly name: string;
  readonly kind: Kind;
  readonly readOnly?: boolean;
}

/** The properties of an item by name; what was never set is absent. */
export type Properties = Map<string, Value>;

/** The text of a value, as `:put` prints it. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if (value.type === 'time') return printTime(value);
  if (value.type === 'array') return value.members.map((each) => textOf(each.value)).join(',');
  return 'text' in value ? value.text : '';
}

/** Checks a value that a script gives to a property. Error texts have the shapes that devices print (seen). */
export function accept(property: Property, value: Value): Value {
  const { name, kind } = property;
  const text = textOf(value);
  switch (kind.type) {
    case 'text':
    case 'bare':
    case 'time':
      return text;
    case 'bool':
      if (value === true || text === 'yes' || text === 'true') return true;
      if (value === false || text === 'no' || text === 'false') return false;
      throw new RouterOsError(`input does not match any value of ${name}`);
    case 'choice':
      if (kind.of.includes(text)) return text;
      throw new RouterOsError(`input does not match any value of ${name}`);
    case 'number':
      if (!/^\d+$/.test(text)) throw new RouterOsError(`invalid value for argument ${name}`);
      if (kind.max !== undefined && Number(text) > kind.max) {
        throw new RouterOsError(`value of ${name} out of range (0..${kind.max})`);
      }
      return BigInt(text);
    case 'size': {
      const bytes = bytesOf(text);
      if (bytes === undefined) throw new RouterOsError(`invalid value for argument ${name}`);
      return bytes;
    }
  }
}

const UNITS: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 2n ** 10n,
  m: 2n ** 20n,
  g: 2n ** 30n,
  t: 2n ** 40n,
};

function bytesOf(text: string): bigint | undefined {
  const match = /^(\d+)(?:\.\d+)?([kmgt]?)(?:ib|b)?$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? '').toLowerCase()];
  return match?.[1] === undefined || unit === undefined ? undefined : BigInt(match[1]) * unit;
}

/** A property's value as print shows it. */
export function shown(property: Property, value: Value): string {
  const { kind } = property;
  switch (kind.type) {
    case 'text':
      return `"${escaped(textOf(value))}"`;
    case 'bool':
      return value === true ? 'yes' : 'no';
    case 'number':
      return `${kind.grouped === true ? grouped(textOf(value)) : textOf(value)}${kind.unit ?? ''}`;
    case 'time':
      return inUnits(value);
    case 'size':
      return rounded(textOf(value));
    case 'bare':
    case 'choice':
      return textOf(value);
  }
}

const SECONDS = [
  ['w', 604_800n],
  ['d', 86_400n],
  ['h', 3_600n],
  ['m', 60n],
  ['s', 1n],
] as const;

/** A length of time as print shows it: `1d2h3s` (manual). */
function inUnits(value: Value): string {
  if (typeof value !== 'object' || value.type !== 'time') return textOf(value);
  let rest = value.nanoseconds / 1_000_000_000n;
  const parts = SECONDS.map(([unit, length]) => {
    const count = rest / length;
    rest %= length;
    return count === 0n ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}

/** In text, what a quoted string could not hold is escaped (seen for the language's strings). */
export function escaped(text: string): string {
  return text.replace(/["\\$?\n\r\t]/g, (c) => {
    const plain: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
    return plain[c] ?? `\\${c}`;
  });
}

/** `1 099 511 627 776` (seen). */
export function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** `1024.0GiB` for 1 TiB (seen): the next unit is taken only beyond 1024. */
export function rounded(digits: string): string {
  let value = Number(digits);
  for (const unit of ['B', 'KiB', 'MiB', 'GiB', 'TiB']) {
    if (value <= 1024 || unit === 'TiB') return unit === 'B' ? `${value}B` : `${value.toFixed(1)}${unit}`;
    value /= 1024;
  }
  return digits;
}

/** The value of a property, nothing when it was never set. */
export function valueOf(properties: ReadonlyMap<string, Value>, name: string): Value {
  return properties.get(name) ?? NOTHING;
}
