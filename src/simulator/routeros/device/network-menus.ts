import type { Schema, Value } from '../language/index.ts';
import { ListMenu } from './list-menu.ts';
import type { Flag } from './print-text.ts';
import type { Property } from './properties.ts';

/**
 * Menus of the network that inventories read: what there is to see of the storage network, and nothing else.
 * They aren't in the command dumps (names and forms: manual), so only print, find and get are there.
 */

const STORAGE_PORT = 'qsfp28-1-1';

const bare = (name: string): Property => ({ name, kind: { type: 'bare' } });
const text = (name: string): Property => ({ name, kind: { type: 'text' } });
const flag = (letter: string, name: string): Flag => ({ letter, name });

interface NetworkMenu {
  readonly properties: readonly Property[];
  readonly flags?: readonly Flag[];
  readonly items?: readonly (readonly [string, readonly (readonly [string, Value])[]])[];
}

function networkMenus(address: string): ReadonlyMap<string, NetworkMenu> {
  const family = address.includes(':') ? 6 : 4;
  const network = address.replace(/[^.:]*$/, family === 4 ? '0' : '');
  const prefix = family === 4 ? `${network}/24` : `${network}/64`;
  const interfaces: NetworkMenu = {
    properties: [
      ...['name', 'default-name', 'type'].map(text),
      ...['mtu', 'actual-mtu', 'mac-address'].map(bare),
    ],
    flags: [flag('D', 'DYNAMIC'), flag('X', 'DISABLED'), flag('R', 'RUNNING'), flag('S', 'SLAVE')],
    items: [
      [
        'R',
        [
          ['name', 'lo'],
          ['type', 'loopback'],
          ['mtu', '65536'],
          ['actual-mtu', '65536'],
          ['mac-address', '00:00:00:00:00:00'],
        ],
      ],
      [
        'R',
        [
          ['name', STORAGE_PORT],
          ['default-name', STORAGE_PORT],
          ['type', 'ether'],
          ['mtu', '1500'],
          ['actual-mtu', '1500'],
          ['mac-address', '02:00:00:00:00:01'],
        ],
      ],
    ],
  };
  const addresses = (own: 4 | 6): NetworkMenu => ({
    properties: ['address', ...(own === 4 ? ['network'] : []), 'interface', 'actual-interface'].map(bare),
    flags: [flag('X', 'DISABLED'), flag('I', 'INVALID'), flag('D', 'DYNAMIC')],
    items:
      own === family
        ? [
            [
              '',
              [
                ['address', `${address}/${own === 4 ? '24' : '64'}`],
                ['network', network],
                ['interface', STORAGE_PORT],
                ['actual-interface', STORAGE_PORT],
              ],
            ],
          ]
        : [],
  });
  const routes = (own: 4 | 6): NetworkMenu => ({
    properties: ['dst-address', 'routing-table', 'gateway', 'immediate-gw', 'distance', 'scope'].map(bare),
    flags: [flag('D', 'DYNAMIC'), flag('A', 'ACTIVE'), flag('c', 'CONNECT')],
    items:
      own === family
        ? [
            [
              'DAc',
              [
                ['dst-address', prefix],
                ['routing-table', 'main'],
                ['gateway', STORAGE_PORT],
                ['immediate-gw', STORAGE_PORT],
                ['distance', '0'],
                ['scope', '10'],
              ],
            ],
          ]
        : [],
  });
  const none: NetworkMenu = { properties: [text('name')] };
  return new Map([
    ['/interface', interfaces],
    ['/ip/address', addresses(4)],
    ['/ipv6/address', addresses(6)],
    ['/ip/neighbor', { properties: ['interface', 'address', 'mac-address', 'identity'].map(bare) }],
    ['/ip/route', routes(4)],
    ['/ipv6/route', routes(6)],
    ['/routing/bgp/connection', none],
    ['/routing/bgp/session', none],
    ['/routing/ospf/instance', none],
    ['/routing/ospf/neighbor', none],
  ]);
}

/** The menus, ready to run; `address` is that of the storage server on the storage network. */
export function makeNetworkMenus(address: string): [string, ListMenu][] {
  return [...networkMenus(address)].map(([path, { properties, flags = [], items = [] }]) => {
    const letters = new Map<string, string>();
    const menu = new ListMenu({
      properties,
      flags,
      columns: properties.map(({ name }) => name),
      nameProperty: 'name',
      flagsOf: ({ id }) => letters.get(id) ?? '',
    });
    for (const [shown, values] of items) letters.set(menu.list.add(new Map(values)).id, shown);
    return [path, menu];
  });
}

/** The commands of a version with those of the menus that its dump does not hold: arguments as in like menus. */
export function withUnlistedMenus(schema: Schema): Schema {
  const list = schema['/ip/service'] ?? {};
  const settings = schema['/system/identity'] ?? {};
  const readable = (like: Schema[string], names: readonly string[]): Schema[string] =>
    Object.fromEntries(names.flatMap((name) => (like[name] === undefined ? [] : [[name, like[name]]])));
  return {
    ...Object.fromEntries(
      [...networkMenus('0.0.0.0').keys()].map((path) => [path, readable(list, ['print', 'find', 'get'])]),
    ),
    '/system/routerboard': readable(settings, ['print', 'get']),
    ...schema,
  };
}
