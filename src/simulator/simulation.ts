import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { realClock, type Clock } from './clock.ts';
import { writeConfiguration } from './configuration.ts';
import { EventLog } from './events.ts';
import { Faults } from './faults.ts';
import { SimulatedNode, type NodeTraits } from './node/simulated-node.ts';
import type { DiskSpec } from './routeros/device/disk-menu.ts';
import { keyAt, type KeyFile } from './ssh/keys.ts';
import { serveNode, type NodeServer } from './ssh/serve-node.ts';
import { SimulatedStorageServer } from './storage-server.ts';
import type { Quirk } from './target/target.ts';
import { StorageNetwork } from './target/network.ts';

const GIB = 1024 ** 3;

export interface SimulationOptions {
  /** Made when it isn't there. Keys in it are used again. */
  readonly dir: string;
  /** How many nodes: node-1, node-2, … */
  readonly nodes?: number;
  /** How many volumes each storage server has: vol-1, vol-2, … of 1 GiB. */
  readonly volumes?: number;
  /** How many storage servers: rds1, rds2, … */
  readonly rds?: number;
  /** The number of the first node and of the first storage server: 1, unless several simulations make one fleet. */
  readonly firstNode?: number;
  readonly firstRds?: number;
  /** RouterOS version of the storage servers. */
  readonly routeros?: string;
  /** File for the ground truth. */
  readonly events?: string;
  /** Faults file, followed while the simulation runs. */
  readonly faults?: string;
  /** Kernel timers run this much faster than real ones. Not together with `clock`. */
  readonly timeScale?: number;
  readonly clock?: Clock;
  /** How long a change of an export takes at the storage server. */
  readonly readLagMs?: number;
  /** See TargetOptions. */
  readonly identity?: 'renewed' | 'kept';
  /** What is particular to single nodes. */
  readonly traits?: Readonly<Record<string, NodeTraits>>;
  /** Volumes instead of the standard ones. */
  readonly disks?: readonly DiskSpec[];
  readonly maxSessions?: number;
  /** In what the storage servers fall short. */
  readonly quirk?: Quirk;
  /** Names of the packages that are installed on them. */
  readonly packages?: readonly string[];
  /** Takes complaints about the faults file; standard error unless said. */
  readonly complain?: (line: string) => void;
}

/** A node of a running simulation. */
export interface SimulationNode {
  readonly kernel: SimulatedNode;
  readonly server: NodeServer;
  /** Cut off: SSH and storage network. `power: 'off'` makes it lose its memory too. */
  down(power?: 'on' | 'off'): Promise<void>;
  up(): Promise<void>;
}

/** A running simulation. */
export interface Simulation {
  readonly dir: string;
  readonly configPath: string;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly faults: Faults;
  readonly network: StorageNetwork;
  /** The first storage server. */
  readonly rds: SimulatedStorageServer;
  readonly storageServers: ReadonlyMap<string, SimulatedStorageServer>;
  readonly nodes: ReadonlyMap<string, SimulationNode>;
  /** @throws Error when there is no such node. */
  node(name: string): SimulationNode;
  close(): Promise<void>;
}

/** Starts storage servers and nodes on loopback and writes the configuration to reach them. */
export async function startSimulation(options: SimulationOptions): Promise<Simulation> {
  const dir = resolve(options.dir);
  makeDirectory(join(dir, 'keys'));
  const clock = options.clock ?? realClock(options.timeScale ?? 1);
  const events = new EventLog(clock, options.events);
  const network = new StorageNetwork();
  const storageServers = new Map<string, SimulatedStorageServer>();
  const nodes = new Map<string, SimulationNode>();
  const faults = new Faults(
    clock,
    {
      down: async (name, power) => {
        await storageServers.get(name)?.down(power);
        await nodes.get(name)?.down(power);
      },
      up: async (name) => {
        await storageServers.get(name)?.up();
        await nodes.get(name)?.up();
      },
    },
    options.complain ?? ((line) => void process.stderr.write(`${line}\n`)),
  );
  const key = (name: string, type: 'ed25519' | 'rsa' = 'ed25519'): KeyFile =>
    keyAt(join(dir, 'keys', name), type);
  const login = key('rdsctl');
  const rootLogin = key('root');
  const hostKeys = new Map<string, KeyFile>();
  const firstRds = options.firstRds ?? 1;
  const firstNode = options.firstNode ?? 1;
  for (const name of names('rds', options.rds ?? 1, firstRds)) {
    const hostKey = key(`host-${name}`, 'rsa');
    hostKeys.set(name, hostKey);
    storageServers.set(
      name,
      await SimulatedStorageServer.start({
        name,
        address: `10.77.0.${storageServers.size + firstRds}`,
        version: options.routeros ?? '7.21.5',
        disks: options.disks ?? standardDisks(options.volumes ?? 8),
        users: new Map([['rdsctl', { keys: [login.publicKey] }]]),
        hostKey,
        clock,
        events,
        network,
        faults: faults.at(name),
        readLagMs: options.readLagMs ?? 0,
        identity: options.identity ?? 'renewed',
        ...(options.maxSessions === undefined ? {} : { maxSessions: options.maxSessions }),
        ...(options.quirk === undefined ? {} : { quirk: options.quirk }),
        ...(options.packages === undefined ? {} : { packages: options.packages }),
      }),
    );
  }
  for (const name of names('node-', options.nodes ?? 3, firstNode)) {
    const number = nodes.size + firstNode;
    const hostKey = key(`host-${name}`);
    hostKeys.set(name, hostKey);
    const traits = options.traits?.[name];
    const kernel = new SimulatedNode({
      name,
      directory: join(dir, 'nodes', name),
      address: `10.77.${1 + Math.floor(number / 250)}.${number % 250}`,
      number,
      clock,
      network,
      events,
      ...(traits === undefined ? {} : { traits }),
      volumeOf: ({ nqn, address }) => {
        const server = [...storageServers.values()].find((each) => each.address === address);
        const volume = server?.target.volumeOf(nqn);
        return {
          ...(server === undefined ? {} : { rds: server.name }),
          ...(volume === undefined ? {} : { volume }),
        };
      },
    });
    const server = serveNode(kernel, {
      hostKey: hostKey.privateKey,
      users: new Map([['root', [rootLogin.publicKey]]]),
      faults: faults.at(name),
    });
    await server.ssh.open();
    nodes.set(name, switchable(kernel, server, network, events));
  }
  const configPath = writeConfiguration(
    dir,
    [...storageServers.values()].map((each) => ({
      name: each.name,
      port: each.ssh.port,
      identityFile: login.path,
      hostKey: hostKeys.get(each.name)?.publicKey ?? '',
      address: each.address,
    })),
    [...nodes].map(([name, { kernel, server }]) => ({
      name,
      port: server.ssh.port,
      identityFile: rootLogin.path,
      hostKey: hostKeys.get(name)?.publicKey ?? '',
      address: kernel.host.address,
    })),
  );
  if (options.faults !== undefined) await faults.follow(resolve(options.faults));
  const [rds] = storageServers.values();
  if (rds === undefined) throw new Error('a simulation needs a storage server');
  return {
    dir,
    configPath,
    clock,
    events,
    faults,
    network,
    rds,
    storageServers,
    nodes,
    node: (name) => {
      const node = nodes.get(name);
      if (node === undefined) throw new Error(`the simulation has no node ${name}`);
      return node;
    },
    close: async () => {
      faults.close();
      for (const { server, kernel } of nodes.values()) {
        server.killAll();
        await server.ssh.close();
        kernel.close();
      }
      for (const server of storageServers.values()) await server.close();
      events.close();
    },
  };
}

function switchable(
  kernel: SimulatedNode,
  server: NodeServer,
  network: StorageNetwork,
  events: EventLog,
): SimulationNode {
  let state: 'up' | 'cut' | 'off' = 'up';
  return {
    kernel,
    server,
    down: async (power = 'on') => {
      if (state === 'off' || (state === 'cut' && power === 'on')) return;
      state = power === 'off' ? 'off' : 'cut';
      events.record({
        event: 'node-down',
        node: kernel.name,
        hostNqn: kernel.hostNqn,
        cause: power === 'off' ? 'power' : 'network',
      });
      network.cut(kernel.name);
      if (power === 'off') {
        server.killAll();
        kernel.powerOff();
      }
      await server.ssh.goDown();
    },
    up: async () => {
      if (state === 'up') return;
      const kept = state === 'cut';
      state = 'up';
      if (!kept) kernel.powerOn();
      events.record({ event: 'node-up', node: kernel.name, hostNqn: kernel.hostNqn });
      network.heal(kernel.name);
      await server.ssh.comeUp(kept);
    },
  };
}

/** Node's own recursive mkdir never ends where a file system makes no directories (/proc). */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) makeDirectory(dirname(path));
  mkdirSync(path, { mode: path.endsWith('/keys') ? 0o700 : 0o755 });
}

function names(prefix: string, count: number, first = 1): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + first}`);
}

function standardDisks(count: number): DiskSpec[] {
  return names('vol-', count).map((slot) => ({ slot, sizeBytes: GIB }));
}
