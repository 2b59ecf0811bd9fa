import { NOTHING, type CommandCall, type Value } from '../language/index.ts';
import { ListMenu, type Menu } from './list-menu.ts';
import type { Output } from './output.ts';
import { textOf, type Property } from './properties.ts';
import { SettingsMenu } from './settings-menu.ts';

const bare = (name: string): Property => ({ name, kind: { type: 'bare' } });
const size = (name: string): Property => ({ name, kind: { type: 'size' } });

/** @param now milliseconds since the epoch */
export function clockMenu(now: () => number): SettingsMenu {
  return new SettingsMenu(
    ['time', 'date', 'time-zone-autodetect', 'time-zone-name', 'gmt-offset', 'dst-active'].map(bare),
    () => {
      const [date = '', time = ''] = new Date(now()).toISOString().slice(0, 19).split('T');
      return new Map<string, Value>([
        ['time', time],
        ['date', date],
        ['time-zone-autodetect', true],
        ['time-zone-name', 'UTC'],
        ['gmt-offset', '+00:00'],
        ['dst-active', false],
      ]);
    },
  );
}

export function packageMenu(
  version: string,
  packages: readonly string[] = ['routeros', 'rose-storage'],
): ListMenu {
  const menu = new ListMenu({
    properties: ['name', 'version', 'build-time', 'scheduled']
      .map((name): Property => ({ name, kind: { type: 'text' } }))
      .concat(size('size')),
    flags: [{ letter: 'X', name: 'DISABLED' }],
    columns: ['name', 'version', 'build-time', 'size'],
    nameProperty: 'name',
  });
  for (const name of packages) {
    menu.list.add(
      new Map<string, Value>([
        ['name', name],
        ['version', version],
        ['build-time', '2026-01-01 00:00:00'],
        ['scheduled', ''],
        ['size', 12_000_000n],
        ['disabled', false],
      ]),
    );
  }
  return menu;
}

export function userMenu(users: Iterable<readonly [string, string]>): ListMenu {
  const menu = new ListMenu({
    properties: ['name', 'group', 'address', 'last-logged-in'].map(bare),
    flags: [{ letter: 'X', name: 'DISABLED' }],
    columns: ['name', 'group', 'last-logged-in'],
    nameProperty: 'name',
  });
  for (const [name, group] of users) {
    menu.list.add(
      new Map<string, Value>([
        ['name', name],
        ['group', group],
        ['address', ''],
        ['disabled', false],
      ]),
    );
  }
  return menu;
}

/** `/ip/service`: the limit of sessions stands here. */
export function serviceMenu(maxSessions: number): ListMenu {
  const menu = new ListMenu({
    properties: ['name', 'port', 'address', 'max-sessions'].map(bare),
    flags: [{ letter: 'X', name: 'DISABLED' }],
    columns: ['name', 'port', 'max-sessions'],
    nameProperty: 'name',
  });
  menu.list.add(
    new Map<string, Value>([
      ['name', 'ssh'],
      ['port', 22n],
      ['address', ''],
      ['max-sessions', BigInt(maxSessions)],
      ['disabled', false],
    ]),
  );
  return menu;
}

/** `/log`: print, and the commands that add a line. */
export class LogMenu implements Menu {
  readonly #menu = new ListMenu({
    properties: ['time', 'topics', 'message'].map(bare),
    flags: [],
    columns: ['time', 'topics', 'message'],
  });
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(topics: string, message: string): void {
    const time = new Date(this.#now()).toISOString().slice(0, 19).replace('T', ' ');
    this.#menu.list.add(
      new Map<string, Value>([
        ['time', time],
        ['topics', topics],
        ['message', message],
      ]),
    );
    const [oldest] = this.#menu.list.all;
    if (this.#menu.list.all.length > 1000 && oldest !== undefined) this.#menu.list.remove(oldest);
  }

  run(call: CommandCall, output: Output): Promise<Value> | Value {
    if (!['debug', 'error', 'info', 'warning'].includes(call.command)) return this.#menu.run(call, output);
    this.add(`script,${call.command}`, textOf(call.args.get('message') ?? ''));
    return NOTHING;
  }
}
