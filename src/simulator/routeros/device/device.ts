import { realClock, type Clock } from '../../clock.ts';
import type { EventLog } from '../../events.ts';
import type { ExportModel } from '../../target/export-model.ts';
import { execute, RouterOsError, type CommandCall, type Schema, type Value } from '../language/index.ts';
import { runContinuously } from './continuous.ts';
import { DiskMenu, type DiskSpec } from './disk-menu.ts';
import { FileMenu } from './file-menu.ts';
import { Firewall } from './firewall.ts';
import { resourceMenu, routerboardMenu } from './hardware-menus.ts';
import { Identity } from './identity.ts';
import type { Menu } from './list-menu.ts';
import { makeNetworkMenus, withUnlistedMenus } from './network-menus.ts';
import { LINE_WIDTH, type Output } from './output.ts';
import { ALL_POLICIES, policyOf, type DeviceSession, type Policy } from './session.ts';
import { clockMenu, LogMenu, packageMenu, serviceMenu, userMenu } from './system-menus.ts';
import { LOWEST_VERSION, missingProperties, parseVersion, schemaOf } from './versions.ts';

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
  /** Its address on the storage network; 10.77.0.1 without one. */
  readonly address?: string;
  readonly packages?: readonly string[];
  /** Called when the firewall may treat packets otherwise. */
  readonly firewallChanged?: () => void;
  /** How long a script may run before it is stopped with `action timed out`. */
  readonly timeLimitMs?: number;
}

/** How an exec channel takes what is printed. */
export interface ExecOptions {
  /** Characters in a line of print. */
  readonly width?: number;
  /** Takes what is there while the line still runs; what `exec` gives is the rest. */
  readonly early?: (text: string) => void;
}

/** What a line that goes on prints is sent on this often. */
const EARLY_MS = 200;

/** A RouterOS device: runs what comes in on an exec channel. */
export class RouterOsDevice {
  readonly name: string;
  readonly version: string;
  readonly disks: DiskMenu;
  readonly firewall: Firewall;
  readonly firewall6: Firewall;
  readonly log: LogMenu;
  readonly #identity: Identity;
  readonly #clock: Clock;
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
    this.#identity = new Identity(this.name);
    this.#clock = clock;
    this.#schema = withUnlistedMenus(schema);
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
      ['/system/identity', this.#identity.menu],
      ['/system/package', packageMenu(options.version, options.packages)],
      ['/system/resource', resourceMenu(options.version, clock.now(), now)],
      ['/system/routerboard', routerboardMenu(options.version)],
      ['/user', userMenu(options.users ?? [['rdsctl', 'rdsctl']])],
      ...makeNetworkMenus(options.address ?? '10.77.0.1'),
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

  /** What its prompt calls it. */
  get identity(): string {
    return this.#identity.name;
  }

  /**
   * Runs one line (bytes as latin1) and gives what the device prints, lines ended by CRLF (seen). An error's
   * text is printed like everything else.
   */
  async exec(
    line: string,
    policies: readonly Policy[] = ALL_POLICIES,
    options: ExecOptions = {},
  ): Promise<string> {
    const { width = LINE_WIDTH, early } = options;
    let printed = '';
    const output: Output = { width, line: (text) => void (printed += `${text}\r\n`) };
    const flush = (): void => {
      if (printed !== '') early?.(printed);
      printed = '';
    };
    const timer = early === undefined ? undefined : setInterval(flush, EARLY_MS);
    try {
      await this.run(line, { policies, output });
    } finally {
      clearInterval(timer);
    }
    return printed;
  }

  /** Runs one line (bytes as latin1) of a session, printing as it goes; an error is printed as well. */
  async run(line: string, session: DeviceSession): Promise<void> {
    const { signal, script } = session;
    const print = (text: string): void => {
      for (const each of text.split(/\r?\n/)) session.output.line(each);
    };
    const deadlineMs = session.deadlineMs ?? this.#options.timeLimitMs;
    const { error } = await execute(
      line,
      {
        schema: this.#schema,
        print,
        run: (call) => this.#run(call, session),
      },
      {
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
        ...(signal === undefined ? {} : { signal }),
        ...(script === undefined ? {} : { session: script }),
      },
    );
    if (error !== undefined) print(error);
  }

  async #run(call: CommandCall, { policies, output, showPaged }: DeviceSession): Promise<Value> {
    if (!policies.includes(policyOf(call.command))) {
      throw new RouterOsError('not enough permissions (9)');
    }
    const path = `/${call.path.join('/')}`;
    const menu = this.#menus.get(path);
    if (menu === undefined) throw new RouterOsError(`failure: ${path} is not simulated`);
    const once = !call.args.has('interval') && !call.flags.has('without-paging');
    if (showPaged === undefined || call.command !== 'print' || !once) {
      return runContinuously(call, this.#clock, () => menu.run(call, output));
    }
    const lines: string[] = [];
    const value = await menu.run(call, { width: output.width, line: (text) => void lines.push(text) });
    await showPaged(lines, call.signal);
    return value;
  }
}
