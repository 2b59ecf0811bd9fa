import type { Property } from './properties.ts';
import { textOf } from './properties.ts';
import { SettingsMenu } from './settings-menu.ts';

const NAME: Property = { name: 'name', kind: { type: 'bare' } };

/** `/system/identity`: the name in the prompt. */
export class Identity {
  readonly menu: SettingsMenu;
  #name: string;

  constructor(name: string) {
    this.#name = name;
    this.menu = new SettingsMenu(
      [NAME],
      () => new Map([['name', this.#name]]),
      (_, value) => {
        this.#name = textOf(value);
      },
    );
  }

  get name(): string {
    return this.#name;
  }
}
