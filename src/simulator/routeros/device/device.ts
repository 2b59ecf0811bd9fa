import { realClock, type Clock } from '../../clock.ts';
import type { EventLog } from '../../events.ts';
import type { ExportModel } from '../../target/export-model.ts';
import { execute, RouterOsError, type CommandCall, type Schema, type Value } from '../language/index.ts';
import { DiskMenu, type DiskSpec } from './disk-menu.ts';
import { FileMenu } from './file-menu.ts';
import { Firewall } from './firewall.ts';
import type { Menu } from './list-menu.ts';
import {
  clockMenu,
  identityMenu,
  LogMenu,
  packageMenu,
  resourceMenu,
  serviceMenu,
  userMenu,
} from './system-menus.ts';
import { LOWEST_VERSION, missingProperties, parseVersion, schemaOf } from './versions.ts';

/** What a user's group may do. Logging in needs `ssh`. */
export type Policy = 'ssh' | 'read' | 'write' | 'test';

export const ALL_POLICIES: readonly Policy[] = ['ssh', 'read', 'write', 'test'];

export interface RouterOsDeviceOptions {
  /** Its name in events. */
  readonly name?: string;
  readonly version: string;
  readonly exportModel: ExportModel;
  readonly disks?: readonly DiskSpec[];
  readonly events?: EventLog;
  readonly clock?: Clock;
  /** How long a change of an export takes until it has happened and can be read back. */
  readonly readLagMs?: number;
  /** Users and their groups' names, for `/user`. */
  readonly users?: Iterable<readonly [string, string]>;
  readonly maxSessions?: number;
  /** Called when the firewall may treat packets otherwise. */
  readonly firewallChanged?: () => void;
  /** How long a script may run before it is stopped with `action timed out`. */
  readonly timeLimitMs?: number;
}

/** Which policy a command needs. Language commands need none. */
function policyOf(command: string): Policy {
  if (['print', 'find', 'get', 'export'].includes(command)) return 'read';
  return command === 'monitor-traffic' || command === 'test' ? 'test' : 'write';
}

/** A RouterOS device: runs what comes in on an exec channel. */
export class RouterOsDevice {
  readonly name: string;
  readonly version: string;
  readonly disks: DiskMenu;
  readonly firewall: Firewall;
  readonly firewall6: Firewall;
  readonly log: LogMenu;
  readonly #schema: Schema;
  readonly #menus: ReadonlyMap<string, Menu>;
  readonly #options: RouterOsDeviceOptions;

  /** Use {@link RouterOsDevice.start}: it puts the disks there, too. */
  constructor(options: RouterOsDeviceOptions) {
    const version = parseVersion(options.version);
    const schema = version === undefined ? undefined : schemaOf(version);
    if (version === undefined || schema === undefined) {
      throw new Error(`can not simulate RouterOS ${options.version}: ${LOWEST_VERSION} or newer is needed`);
    }
    const clock = options.clock ?? realClock();
    const now = (): number => clock.now();
    this.name = options.name ?? 'rds1';
    this.version = options.version;
    this.#schema = schema;
    this.#options = options;
    const files = new FileMenu();
    this.disks = new DiskMenu({
      rds: this.name,
      version,
      missing: missingProperties(schema, '/disk'),
      exportModel: options.exportModel,
      files,
      events: options.events,
      clock,
      readLagMs: options.readLagMs ?? 0,
    });
    const changed = (): void => options.firewallChanged?.();
    this.firewall = new Firewall(4, changed);
    this.firewall6 = new Firewall(6, changed);
    this.log = new LogMenu(now);
    this.#menus = new Map<string, Menu>([
      ['/disk', this.disks],
      ['/file', files],
      ['/ip/firewall/raw', this.firewall.raw],
      ['/ip/firewall/filter', this.firewall.filter],
      ['/ip/firewall/address-list', this.firewall.addressList],
      ['/ipv6/firewall/raw', this.firewall6.raw],
      ['/ipv6/firewall/filter', this.firewall6.filter],
      ['/ipv6/firewall/address-list', this.firewall6.addressList],
      ['/ip/service', serviceMenu(options.maxSessions ?? 20)],
      ['/log', this.log],
      ['/system/clock', clockMenu(now)],
      ['/system/identity', identityMenu(this.name)],
      ['/system/package', packageMenu(options.version)],
      ['/system/resource', resourceMenu(options.version, clock.now(), now)],
      ['/user', userMenu(options.users ?? [['rdsctl', 'rdsctl']])],
    ]);
  }

  static async start(options: RouterOsDeviceOptions): Promise<RouterOsDevice> {
    const device = new RouterOsDevice(options);
    for (const disk of options.disks ?? []) await device.disks.create(disk);
    return device;
  }

  /** Whether its firewall drops a TCP packet. */
  drops(source: string, port: number): boolean {
    return (source.includes(':') ? this.firewall6 : this.firewall).drops(source, port);
  }

  /**
   * Runs one line (bytes as latin1) and gives what the device prints, lines ended by CRLF (seen). An error's
   * text is printed like everything else.
   */
  async exec(line: string, policies: readonly Policy[] = ALL_POLICIES): Promise<string> {
    const printed: string[] = [];
    const print = (text: string): void => void printed.push(text.replace(/\r?\n/g, '\r\n'));
    const result = await execute(
      line,
      {
        schema: this.#schema,
        print,
        run: (call) => this.#run(call, policies, print),
      },
      this.#options.timeLimitMs === undefined ? {} : { deadlineMs: this.#options.timeLimitMs },
    );
    if (result.error !== undefined) print(result.error);
    return printed.map((text) => `${text}\r\n`).join('');
  }

  #run(
    call: CommandCall,
    policies: readonly Policy[],
    print: (line: string) => void,
  ): Promise<Value> | Value {
    if (!policies.includes(policyOf(call.command))) {
      throw new RouterOsError('not enough permissions (9)');
    }
    const path = `/${call.path.join('/')}`;
    const menu = this.#menus.get(path);
    if (menu === undefined) throw new RouterOsError(`failure: ${path} is not simulated`);
    return menu.run(call, print);
  }
}
