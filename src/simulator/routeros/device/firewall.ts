import { isIP, isIPv6 } from 'node:net';
import { RouterOsError } from '../language/index.ts';
import type { Item } from './item-list.ts';
import { ListMenu } from './list-menu.ts';
import { textOf, valueOf, type Property } from './properties.ts';

const RULE: readonly Property[] = [
  { name: 'chain', kind: { type: 'bare' } },
  { name: 'action', kind: { type: 'choice', of: actions() } },
  { name: 'log', kind: { type: 'bool' } },
  { name: 'log-prefix', kind: { type: 'text' } },
  { name: 'protocol', kind: { type: 'bare' } },
  { name: 'src-address', kind: { type: 'bare' } },
  { name: 'dst-address', kind: { type: 'bare' } },
  { name: 'src-address-list', kind: { type: 'bare' } },
  { name: 'dst-address-list', kind: { type: 'bare' } },
  { name: 'in-interface', kind: { type: 'bare' } },
  { name: 'in-interface-list', kind: { type: 'bare' } },
  { name: 'src-port', kind: { type: 'bare' } },
  { name: 'dst-port', kind: { type: 'bare' } },
  { name: 'port', kind: { type: 'bare' } },
  { name: 'connection-state', kind: { type: 'bare' } },
  { name: 'reject-with', kind: { type: 'bare' } },
];

const FLAGS = [
  { letter: 'X', name: 'DISABLED' },
  { letter: 'I', name: 'INVALID' },
  { letter: 'D', name: 'DYNAMIC' },
];

function actions(): string[] {
  return 'accept drop reject jump return log passthrough notrack add-src-to-address-list add-dst-to-address-list fasttrack-connection tarpit'.split(
    ' ',
  );
}

/** Firewall rules and address lists of one IP version: which packets are dropped. */
export class Firewall {
  readonly raw: ListMenu;
  readonly filter: ListMenu;
  readonly addressList: ListMenu;

  /** `changed` is called when other packets may be dropped from now on. */
  constructor(family: 4 | 6, changed: () => void) {
    const rules = (): ListMenu =>
      new ListMenu({
        properties: RULE,
        flags: FLAGS,
        columns: ['chain', 'action', 'protocol', 'src-address-list', 'dst-port'],
        flagsOf,
        adding: (properties) => {
          if (!properties.has('chain')) {
            throw new RouterOsError('missing value(s) of argument(s) chain');
          }
          if (!properties.has('action')) properties.set('action', 'accept');
          if (!properties.has('disabled')) properties.set('disabled', false);
          properties.set('dynamic', false);
          const port = properties.get('dst-port');
          if (port !== undefined && !['tcp', 'udp'].includes(textOf(valueOf(properties, 'protocol')))) {
            throw new RouterOsError('failure: ports can be specified if proto is tcp,udp,udp-lite,dccp,sctp');
          }
        },
        changed,
        removed: changed,
      });
    this.raw = rules();
    this.filter = rules();
    this.addressList = new ListMenu({
      properties: [
        { name: 'list', kind: { type: 'bare' } },
        { name: 'address', kind: { type: 'bare' } },
        { name: 'creation-time', kind: { type: 'bare' } },
        { name: 'timeout', kind: { type: 'bare' } },
      ],
      flags: FLAGS,
      columns: ['list', 'address', 'creation-time', 'timeout'],
      flagsOf,
      adding: (properties) => {
        for (const name of ['address', 'list']) {
          if (!properties.has(name)) throw new RouterOsError(`missing value(s) of argument(s) ${name}`);
        }
        const address = textOf(valueOf(properties, 'address'));
        if (!isAddress(address, family)) throw new RouterOsError('invalid value for argument address');
        const list = textOf(valueOf(properties, 'list'));
        if (this.#addresses(list).includes(address)) {
          throw new RouterOsError('failure: already have such entry');
        }
        properties.set('dynamic', false);
        if (!properties.has('disabled')) properties.set('disabled', false);
        properties.set('creation-time', '2026-01-01 00:00:00');
      },
      changed,
      removed: changed,
    });
  }

  /** Whether a TCP packet from `source` to `port` is dropped: raw prerouting first, then filter input. */
  drops(source: string, port: number): boolean {
    return (
      this.#verdict(this.raw, 'prerouting', source, port) || this.#verdict(this.filter, 'input', source, port)
    );
  }

  #verdict(menu: ListMenu, chain: string, source: string, port: number): boolean {
    for (const { properties } of menu.list.all) {
      const text = (name: string): string => textOf(valueOf(properties, name));
      if (properties.get('disabled') === true || text('chain') !== chain) continue;
      if (text('protocol') !== '' && text('protocol') !== 'tcp') continue;
      if (!inPorts(text('dst-port'), port) || text('connection-state') !== '') continue;
      if (text('src-address') !== '' && !inPrefix(source, text('src-address'))) continue;
      const list = text('src-address-list');
      if (list !== '' && !this.#addresses(list).some((each) => inPrefix(source, each))) continue;
      const action = text('action');
      if (action === 'drop' || action === 'reject' || action === 'tarpit') return true;
      if (action === 'accept') return false;
    }
    return false;
  }

  #addresses(list: string): string[] {
    return this.addressList.list.all
      .filter(({ properties }) => properties.get('disabled') !== true)
      .filter(({ properties }) => textOf(valueOf(properties, 'list')) === list)
      .map(({ properties }) => textOf(valueOf(properties, 'address')));
  }
}

function flagsOf({ properties }: Item): string[] {
  return [
    ...(properties.get('disabled') === true ? ['X'] : []),
    ...(properties.get('dynamic') === true ? ['D'] : []),
  ];
}

function isAddress(text: string, family: 4 | 6): boolean {
  const [address = '', length] = text.split('/');
  if (length !== undefined && !/^\d+$/.test(length)) return false;
  // A DNS name may stand there too: it is resolved by the device.
  return isIP(address) === family || (isIP(address) === 0 && /^[a-z][a-z0-9.-]*$/i.test(address));
}

function inPorts(ports: string, port: number): boolean {
  if (ports === '') return true;
  return ports.split(',').some((part) => {
    const [from, to = from] = part.split('-').map(Number);
    return from !== undefined && to !== undefined && from <= port && port <= to;
  });
}

function inPrefix(address: string, prefix: string): boolean {
  const [base = '', length] = prefix.split('/');
  if (length === undefined || isIPv6(base) || isIPv6(address)) return address === base;
  const mask = Number(length) === 0 ? 0 : (-1 << (32 - Number(length))) >>> 0;
  return (number(address) & mask) >>> 0 === (number(base) & mask) >>> 0;
}

function number(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
