import { RouterOsError, type CommandCall, type Value } from '../language/index.ts';
import { textOf, type Properties } from './properties.ts';

/** An item of a menu. */
export interface Item {
  /** Such as `*1F`. */
  readonly id: string;
  readonly properties: Properties;
}

/** The items of a menu in order. */
export class ItemList {
  readonly #items: Item[] = [];
  readonly #nameProperty: string | undefined;
  #last = 0;

  /** `nameProperty`: the property by which an item can be named where its number is wanted. */
  constructor(nameProperty?: string) {
    this.#nameProperty = nameProperty;
  }

  get all(): readonly Item[] {
    return this.#items;
  }

  add(properties: Properties, before?: Item): Item {
    this.#last += 1;
    const item: Item = { id: `*${this.#last.toString(16).toUpperCase()}`, properties };
    const at = before === undefined ? this.#items.length : this.#items.indexOf(before);
    this.#items.splice(at, 0, item);
    return item;
  }

  remove(item: Item): void {
    const at = this.#items.indexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
  }

  move(item: Item, before: Item | undefined): void {
    this.remove(item);
    const at = before === undefined ? this.#items.length : this.#items.indexOf(before);
    this.#items.splice(at, 0, item);
  }

  byName(name: string): Item | undefined {
    const property = this.#nameProperty;
    if (property === undefined) return undefined;
    return this.#items.find((item) => item.properties.get(property) === name);
  }

  /**
   * The items that `numbers` names: ids, names, lists of them. Nothing named is nothing to do, and no error
   * (seen); an id or name that does not exist is `no such item` (seen).
   */
  named(value: Value | undefined): Item[] {
    if (value === undefined) throw new RouterOsError('missing value(s) of argument(s) numbers');
    if (typeof value === 'object' && (value.type === 'nothing' || value.type === 'nil')) return [];
    if (typeof value === 'object' && value.type === 'array') {
      return value.members.flatMap((member) => this.named(member.value));
    }
    const text = textOf(value);
    if (text === '') return [];
    return text.split(',').map((word) => {
      const item = this.#items.find((each) => each.id === word) ?? this.byName(word);
      if (item === undefined) throw new RouterOsError('no such item');
      return item;
    });
  }
}

/** The items for which a command's condition holds, in order. */
export async function matching(
  items: readonly Item[],
  rowOf: (item: Item) => ReadonlyMap<string, Value>,
  call: CommandCall,
): Promise<Item[]> {
  const { where } = call;
  if (where === undefined) return [...items];
  const found: Item[] = [];
  for (const item of items) if (await where(rowOf(item))) found.push(item);
  return found;
}
