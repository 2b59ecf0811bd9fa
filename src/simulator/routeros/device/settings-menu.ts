import { NOTHING, recordOf, RouterOsError, type CommandCall, type Value } from '../language/index.ts';
import type { Menu } from './list-menu.ts';
import type { Output } from './output.ts';
import { printSettings } from './print-text.ts';
import { accept, textOf, valueOf, type Property } from './properties.ts';

/** A menu with one set of settings: print, get, set. */
export class SettingsMenu implements Menu {
  readonly #properties: readonly Property[];
  readonly #values: () => ReadonlyMap<string, Value>;
  readonly #set: (name: string, value: Value) => void;

  constructor(
    properties: readonly Property[],
    values: () => ReadonlyMap<string, Value>,
    set: (name: string, value: Value) => void = () => undefined,
  ) {
    this.#properties = properties;
    this.#values = values;
    this.#set = set;
  }

  run(call: CommandCall, output: Output): Value {
    const values = this.#values();
    switch (call.command) {
      case 'print':
        if (call.flags.has('as-value')) return recordOf(values);
        for (const line of printSettings(this.#properties, values)) output.line(line);
        return NOTHING;
      case 'get': {
        const name = call.args.get('value-name');
        if (name === undefined) return recordOf(values);
        if (!this.#properties.some((each) => each.name === textOf(name))) {
          throw new RouterOsError('input does not match any value of value-name');
        }
        return valueOf(values, textOf(name));
      }
      case 'set':
        for (const [name, value] of call.args) {
          const property = this.#properties.find((each) => each.name === name);
          this.#set(name, property === undefined ? value : accept(property, value));
        }
        return NOTHING;
      default:
        throw new RouterOsError(`failure: ${call.command} is not simulated`);
    }
  }
}
