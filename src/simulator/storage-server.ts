import type { Clock } from './clock.ts';
import type { EventLog } from './events.ts';
import type { ExecFaults } from './faults.ts';
import { RouterOsDevice } from './routeros/device/device.ts';
import type { DiskSpec } from './routeros/device/disk-menu.ts';
import type { KeyFile } from './ssh/keys.ts';
import { serveRouterOs, type RouterOsUser } from './ssh/serve-routeros.ts';
import type { SshServer } from './ssh/ssh-server.ts';
import type { StorageNetwork } from './target/network.ts';
import { NvmeTarget, type Quirk } from './target/target.ts';

export interface StorageServerOptions {
  readonly name: string;
  readonly address: string;
  readonly version: string;
  readonly disks: readonly DiskSpec[];
  readonly users: ReadonlyMap<string, RouterOsUser>;
  readonly hostKey: KeyFile;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly network: StorageNetwork;
  readonly faults: ExecFaults;
  readonly readLagMs: number;
  readonly identity: 'renewed' | 'kept';
  readonly maxSessions?: number;
  readonly quirk?: Quirk;
  /** Names of the packages that are installed; those of a ROSE data server unless said. */
  readonly packages?: readonly string[];
}

/** A simulated RDS: RouterOS over SSH, an NVMe/TCP target on the storage network. */
export class SimulatedStorageServer {
  readonly name: string;
  readonly address: string;
  readonly device: RouterOsDevice;
  readonly target: NvmeTarget;
  readonly ssh: SshServer;
  readonly #network: StorageNetwork;
  #off = false;

  private constructor(
    options: StorageServerOptions,
    target: NvmeTarget,
    device: RouterOsDevice,
    ssh: SshServer,
  ) {
    this.name = options.name;
    this.address = options.address;
    this.target = target;
    this.device = device;
    this.ssh = ssh;
    this.#network = options.network;
  }

  static async start(options: StorageServerOptions): Promise<SimulatedStorageServer> {
    const { name, clock, events, network, maxSessions, quirk, packages } = options;
    const target = new NvmeTarget({
      rds: name,
      clock,
      events,
      identity: options.identity,
      ...(quirk === undefined ? {} : { quirk }),
    });
    const device = await RouterOsDevice.start({
      name,
      address: options.address,
      version: options.version,
      exportModel: target,
      disks: options.disks,
      events,
      clock,
      readLagMs: options.readLagMs,
      users: [...options.users.keys()].map((user) => [user, 'rdsctl'] as const),
      ...(maxSessions === undefined ? {} : { maxSessions }),
      ...(packages === undefined ? {} : { packages }),
      firewallChanged: () => network.refresh(),
    });
    network.addTarget(options.address, target);
    network.setFirewall(options.address, (source, port) => device.drops(source, port));
    const ssh = serveRouterOs(device, {
      hostKey: options.hostKey.privateKey,
      users: options.users,
      faults: options.faults,
      ...(maxSessions === undefined ? {} : { maxSessions }),
    });
    await ssh.open();
    return new SimulatedStorageServer(options, target, device, ssh);
  }

  /** Off the network altogether: management and storage. `power: 'off'`: its sessions are gone, too. */
  async down(power: 'on' | 'off' = 'on'): Promise<void> {
    this.#network.setServerDown(this.address, true);
    if (power === 'off') {
      this.#off = true;
      this.target.powerOff();
    }
    await this.ssh.goDown();
  }

  async up(): Promise<void> {
    this.#network.setServerDown(this.address, false);
    const booted = this.#off;
    this.#off = false;
    await this.ssh.comeUp(!booted);
    if (booted) void this.device.disks.boot();
  }

  async close(): Promise<void> {
    await this.ssh.close();
    await this.target.close();
  }
}
