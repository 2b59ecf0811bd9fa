/** How much a value holds in all, so that arrays of arrays cannot grow without bound. */

import type { ArrayValue, Value } from '../values.ts';

const weights = new WeakMap<ArrayValue, number>();

/** The bytes of all texts in a value, and one for each member. */
export function weightOf(value: Value): number {
  if (typeof value === 'string') return value.length + 1;
  if (typeof value !== 'object' || value.type !== 'array') return 1;
  const known = weights.get(value);
  if (known !== undefined) return known;
  let sum = 1;
  for (const member of value.members) sum += weightOf(member.value) + (member.key?.length ?? 0);
  weights.set(value, sum);
  return sum;
}
