/** Finds menus and commands by name or by a beginning of it. */

import type { Schema } from './host.ts';
import {
  KNOWN_ARGUMENTS,
  KNOWN_COMMANDS,
  KNOWN_MENUS,
  LIST_COMMANDS,
  SINGLE_COMMANDS,
} from './known-commands.ts';

/** A command: with the names of its arguments, or without when they are not known. */
export interface CommandEntry {
  readonly path: readonly string[];
  readonly name: string;
  readonly args: ReadonlySet<string> | undefined;
}

interface Menu {
  readonly menus: Map<string, Menu>;
  readonly commands: Map<string, CommandEntry>;
}

/** What a word in a command path turned out to be. */
export type Lookup =
  | { readonly kind: 'menu'; readonly path: readonly string[] }
  | { readonly kind: 'command'; readonly entry: CommandEntry }
  | { readonly kind: 'unknown' };

const UNKNOWN: Lookup = { kind: 'unknown' };

/** All menus and commands of a version. */
export class CommandTable {
  private readonly root: Menu = emptyMenu();

  /** With `strict`, only what the schema holds exists; otherwise known menus are added without their arguments. */
  constructor(schema: Schema, strict: boolean) {
    for (const [path, commands] of Object.entries(schema)) {
      const names = path === ':' ? [] : path.split('/').filter((name) => name !== '');
      const menu = this.make(names);
      for (const [name, args] of Object.entries(commands)) {
        menu.commands.set(name, { path: names, name, args: new Set(args) });
      }
    }
    if (!strict) this.addKnown();
  }

  /** Looks a word up in a menu: the whole name, or the beginning of just one (seen: `/sys clock`, `:log warn`). */
  find(path: readonly string[], word: string): Lookup {
    const menu = this.menuAt(path);
    if (menu === undefined) return UNKNOWN;
    const exact = this.exact(menu, path, word);
    if (exact !== undefined) return exact;
    const names = [...menu.menus.keys(), ...menu.commands.keys()].filter((name) => name.startsWith(word));
    const [only] = new Set(names);
    if (only === undefined || new Set(names).size > 1) return UNKNOWN;
    return this.exact(menu, path, only) ?? UNKNOWN;
  }

  private exact(menu: Menu, path: readonly string[], word: string): Lookup | undefined {
    if (menu.menus.has(word)) return { kind: 'menu', path: [...path, word] };
    const entry = menu.commands.get(word);
    return entry === undefined ? undefined : { kind: 'command', entry };
  }

  private menuAt(path: readonly string[]): Menu | undefined {
    let menu: Menu | undefined = this.root;
    for (const name of path) menu = menu?.menus.get(name);
    return menu;
  }

  private make(path: readonly string[]): Menu {
    let menu = this.root;
    for (const name of path) {
      const next = menu.menus.get(name) ?? emptyMenu();
      menu.menus.set(name, next);
      menu = next;
    }
    return menu;
  }

  private addKnown(): void {
    for (const { path: written, single, commands } of KNOWN_MENUS) {
      const path = written.split('/').filter((name) => name !== '');
      const menu = this.make(path);
      const own = [...(single === undefined ? [] : single ? SINGLE_COMMANDS : LIST_COMMANDS), ...commands];
      for (const name of own) {
        if (menu.commands.has(name)) continue;
        menu.commands.set(name, { path, name, args: knownArguments(written, name, single === true) });
      }
    }
    for (const name of KNOWN_COMMANDS) {
      if (!this.root.commands.has(name)) this.root.commands.set(name, { path: [], name, args: undefined });
    }
  }
}

function emptyMenu(): Menu {
  return { menus: new Map(), commands: new Map() };
}

/** The arguments of a known command; none are known of most. A single set of settings has no items to choose from. */
function knownArguments(menu: string, command: string, single: boolean): ReadonlySet<string> | undefined {
  if (command === 'find') return new Set(['where']);
  if (command === 'get') {
    return new Set([...(single ? [] : ['number']), 'as-string', 'as-string-value', 'value-name']);
  }
  if (command !== 'set' && command !== 'add') return undefined;
  const names = KNOWN_ARGUMENTS[`/${menu}`];
  return names === undefined
    ? undefined
    : new Set(names.filter((name) => name !== 'numbers' || command === 'set'));
}
