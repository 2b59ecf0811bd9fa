import { NOTHING, recordOf, RouterOsError, type CommandCall, type Value } from '../language/index.ts';
import { ListMenu, type Menu } from './list-menu.ts';
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

  run(call: CommandCall, print: (line: string) => void): Value {
    const values = this.#values();
    switch (call.command) {
      case 'print':
        if (call.flags.has('as-value')) return recordOf(values);
        for (const line of printSettings(this.#properties, values)) print(line);
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

const bare = (name: string): Property => ({ name, kind: { type: 'bare' } });
const size = (name: string): Property => ({ name, kind: { type: 'size' } });

/** `/system/resource`: as a ROSE data server of the RDS2216 kind would say (values made up). */
export function resourceMenu(version: string, startedAt: number, now: () => number): SettingsMenu {
  const properties = [
    bare('uptime'),
    bare('version'),
    bare('build-time'),
    bare('factory-software'),
    size('free-memory'),
    size('total-memory'),
    bare('cpu'),
    bare('cpu-count'),
    bare('cpu-frequency'),
    bare('cpu-load'),
    size('free-hdd-space'),
    size('total-hdd-space'),
    bare('architecture-name'),
    bare('board-name'),
    bare('platform'),
  ];
  return new SettingsMenu(
    properties,
    () =>
      new Map<string, Value>([
        [
          'uptime',
          { type: 'time', nanoseconds: BigInt(Math.floor((now() - startedAt) / 1000)) * 1_000_000_000n },
        ],
        ['version', `${version} (stable)`],
        ['build-time', '2026-01-01 00:00:00'],
        ['factory-software', '7.17'],
        ['free-memory', 30_000_000_000n],
        ['total-memory', 34_359_738_368n],
        ['cpu', 'ARM64'],
        ['cpu-count', 16n],
        ['cpu-frequency', 2000n],
        ['cpu-load', 1n],
        ['free-hdd-space', 80_000_000n],
        ['total-hdd-space', 134_217_728n],
        ['architecture-name', 'arm64'],
        ['board-name', 'RDS2216-2XG-4S+4XS-2XQ'],
        ['platform', 'MikroTik'],
      ]),
  );
}

export function identityMenu(initial: string): SettingsMenu {
  let name = initial;
  return new SettingsMenu(
    [bare('name')],
    () => new Map([['name', name]]),
    (_, value) => {
      name = textOf(value);
    },
  );
}

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

export function packageMenu(version: string): ListMenu {
  const menu = new ListMenu({
    properties: ['name', 'version', 'build-time', 'scheduled']
      .map((name): Property => ({ name, kind: { type: 'text' } }))
      .concat(size('size')),
    flags: [{ letter: 'X', name: 'DISABLED' }],
    columns: ['name', 'version', 'build-time', 'size'],
    nameProperty: 'name',
  });
  for (const name of ['routeros', 'rose-storage']) {
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

  run(call: CommandCall, print: (line: string) => void): Promise<Value> | Value {
    if (!['debug', 'error', 'info', 'warning'].includes(call.command)) return this.#menu.run(call, print);
    this.add(`script,${call.command}`, textOf(call.args.get('message') ?? ''));
    return NOTHING;
  }
}
