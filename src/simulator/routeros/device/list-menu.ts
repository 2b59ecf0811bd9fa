import { listOf, NOTHING, recordOf, RouterOsError, type CommandCall, type Value } from '../language/index.ts';
import { ItemList, matching, type Item } from './item-list.ts';
import type { Output } from './output.ts';
import { printItems } from './print-forms.ts';
import type { Layout, PrintedItem } from './print-text.ts';
import { accept, textOf, valueOf, type Properties } from './properties.ts';

/** A menu of the device: runs its commands. */
export interface Menu {
  run(call: CommandCall, output: Output): Promise<Value> | Value;
}

/** What is particular to a menu that holds items. */
export interface ListMenuOptions extends Layout {
  /** Property by which an item can be named. */
  readonly nameProperty?: string;
  /** The flags of an item. */
  readonly flagsOf?: (item: Item) => Iterable<string>;
  /** Properties that are worked out, not kept. */
  readonly derive?: (item: Item) => Iterable<readonly [string, Value]>;
  /** Checks and completes what `add` was given. */
  readonly adding?: (properties: Properties) => Promise<void> | void;
  readonly added?: (item: Item) => Promise<void> | void;
  /** Takes over the change of some properties: those it keeps back from `changes` it sets itself. */
  readonly setting?: (item: Item, changes: Properties) => Promise<void> | void;
  readonly changed?: (item: Item) => Promise<void> | void;
  readonly removed?: (item: Item) => Promise<void> | void;
  readonly canAdd?: boolean;
}

/** A menu with items: print, find, get, set, add, remove, enable, disable, comment, unset, move. */
export class ListMenu implements Menu {
  readonly list: ItemList;
  readonly #options: ListMenuOptions;

  constructor(options: ListMenuOptions) {
    this.#options = options;
    this.list = new ItemList(options.nameProperty);
  }

  async run(call: CommandCall, output: Output): Promise<Value> {
    const numbers = call.args.get('numbers');
    switch (call.command) {
      case 'print':
        return this.#print(call, output);
      case 'find':
        return listOf((await this.#matching(call)).map((item) => ({ type: 'id', text: item.id })));
      case 'get':
        return this.#get(call);
      case 'add':
        return this.#add(call);
      case 'set':
      case 'comment':
        return this.#each(numbers, (item) => this.#set(item, this.#accepted(call.args)));
      case 'enable':
        return this.#each(numbers, (item) => this.#set(item, new Map([['disabled', false]])));
      case 'disable':
        return this.#each(numbers, (item) => this.#set(item, new Map([['disabled', true]])));
      case 'unset':
        return this.#each(numbers, (item) => this.#unset(item, textOf(call.args.get('value-name') ?? '')));
      case 'remove':
        return this.#each(numbers, async (item) => {
          this.list.remove(item);
          await this.#options.removed?.(item);
        });
      case 'move':
        return this.#move(call);
      default:
        throw new RouterOsError(`failure: ${call.command} is not simulated`);
    }
  }

  /** All properties of an item, worked out ones included, in the menu's order. */
  row(item: Item): Map<string, Value> {
    const all = new Map<string, Value>([...item.properties, ...(this.#options.derive?.(item) ?? [])]);
    const row = new Map<string, Value>([['.id', { type: 'id', text: item.id }]]);
    for (const { name } of this.#options.properties) {
      const value = all.get(name);
      if (value !== undefined) row.set(name, value);
    }
    for (const name of ['comment', 'disabled', 'dynamic']) {
      const value = all.get(name);
      if (value !== undefined) row.set(name, value);
    }
    return row;
  }

  #matching(call: CommandCall): Promise<Item[]> {
    return matching(this.#chosen(call), (item) => this.row(item), call);
  }

  /** `print from=…`, `print chain=…` narrow the list before `where` does. */
  #chosen(call: CommandCall): readonly Item[] {
    const from = call.args.get('from');
    const chain = call.args.get('chain');
    const items = from === undefined ? this.list.all : this.list.named(from);
    return chain === undefined
      ? items
      : items.filter((item) => item.properties.get('chain') === textOf(chain));
  }

  async #print(call: CommandCall, output: Output): Promise<Value> {
    const items = await this.#matching(call);
    if (call.flags.has('count-only')) {
      if (!call.flags.has('as-value')) output.line(String(items.length));
      return BigInt(items.length);
    }
    if (call.flags.has('as-value'))
      return listOf(items.map((item) => recordOf(this.#proplist(call, this.row(item)))));
    const shown = items.map((item) => this.#printed(item));
    for (const line of printItems(call, this.#options, shown, output.width)) output.line(line);
    return NOTHING;
  }

  #proplist(call: CommandCall, row: Map<string, Value>): Map<string, Value> {
    const wanted = call.args.get('proplist');
    if (wanted === undefined) return row;
    const names = textOf(wanted).split(',');
    return new Map([...row].filter(([name]) => names.includes(name) || name === '.id'));
  }

  #printed(item: Item): PrintedItem {
    const row = this.row(item);
    const comment = textOf(valueOf(row, 'comment'));
    row.delete('comment');
    return {
      id: item.id,
      number: this.list.all.indexOf(item),
      flags: new Set(this.#options.flagsOf?.(item) ?? []),
      ...(comment === '' ? {} : { comment }),
      properties: row,
    };
  }

  #get(call: CommandCall): Value {
    const [item] = this.list.named(call.args.get('number'));
    if (item === undefined) throw new RouterOsError('no such item');
    const row = this.row(item);
    const name = call.args.get('value-name');
    if (name === undefined) return recordOf(row);
    const wanted = textOf(name);
    if (!row.has(wanted) && !this.#known(wanted)) {
      throw new RouterOsError('input does not match any value of value-name');
    }
    return valueOf(row, wanted);
  }

  #known(name: string): boolean {
    return ['.id', 'comment', 'disabled', 'dynamic'].includes(name) || this.#property(name) !== undefined;
  }

  #property(name: string) {
    return this.#options.properties.find((each) => each.name === name);
  }

  #accepted(args: ReadonlyMap<string, Value>): Properties {
    const properties: Properties = new Map();
    for (const [name, value] of args) {
      if (['numbers', 'copy-from', 'place-before'].includes(name)) continue;
      const common = name === 'disabled' ? ({ type: 'bool' } as const) : ({ type: 'text' } as const);
      properties.set(name, accept(this.#property(name) ?? { name, kind: common }, value));
    }
    return properties;
  }

  async #add(call: CommandCall): Promise<Value> {
    const properties: Properties = new Map();
    const copied = call.args.get('copy-from');
    for (const item of copied === undefined ? [] : this.list.named(copied)) {
      for (const [name, value] of item.properties) properties.set(name, value);
    }
    for (const [name, value] of this.#accepted(call.args)) properties.set(name, value);
    await this.#options.adding?.(properties);
    const before = call.args.get('place-before');
    const item = this.list.add(properties, before === undefined ? undefined : this.#place(before));
    await this.#options.added?.(item);
    await this.#options.changed?.(item);
    return { type: 'id', text: item.id };
  }

  /** Where a new rule goes: an item, or a place in the list (`0`: before all others). */
  #place(value: Value): Item | undefined {
    const text = textOf(value);
    if (/^\d+$/.test(text)) return this.list.all[Number(text)];
    return this.list.named(value)[0];
  }

  async #each(numbers: Value | undefined, act: (item: Item) => Promise<void>): Promise<Value> {
    for (const item of this.list.named(numbers)) await act(item);
    return NOTHING;
  }

  async #set(item: Item, changes: Properties): Promise<void> {
    const own = new Map(changes);
    await this.#options.setting?.(item, own);
    for (const [name, value] of own) {
      if (name === 'comment' && value === '') item.properties.delete('comment');
      else item.properties.set(name, value);
    }
    await this.#options.changed?.(item);
  }

  async #unset(item: Item, name: string): Promise<void> {
    item.properties.delete(name);
    await this.#options.changed?.(item);
  }

  async #move(call: CommandCall): Promise<Value> {
    const destination = call.args.get('destination');
    const before = destination === undefined ? undefined : this.#place(destination);
    for (const item of this.list.named(call.args.get('numbers'))) {
      this.list.move(item, before);
      await this.#options.changed?.(item);
    }
    return NOTHING;
  }
}
