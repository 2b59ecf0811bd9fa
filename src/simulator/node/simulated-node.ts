import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoppableClock, type Clock } from '../clock.ts';
import type { EventLog } from '../events.ts';
import { reconnectAttempts, type Kernel } from '../target/kernel-rules.ts';
import type { StorageNetwork } from '../target/network.ts';
import { CallServer, type Answer, type Call } from './calls.ts';
import type { Controller } from './topology.ts';
import { HungReaders } from './device-access.ts';
import { KernelLog, type Modules, type NodeKernel } from './kernel.ts';
import { NodeTree } from './node-tree.ts';
import { NvmeHost } from './nvme-host.ts';
import * as block from './programs/block.ts';
import { dd } from './programs/dd.ts';
import { nvme } from './programs/nvme.ts';
import { stat } from './programs/stat.ts';
import * as system from './programs/system.ts';
import { writeStandIns } from './stand-ins.ts';
import type { ControlFile } from './sysfs.ts';
import { Uses, type VolumeOf } from './uses.ts';

/** What may be wrong or different with a node. */
export interface NodeTraits {
  /** Generation of its kernel: 6.1 (Debian 12) unless said. */
  readonly kernel?: Kernel;
  /** nvme-cli's version, 'none' when it is not installed; that of the kernel's Debian unless said. */
  readonly nvmeCli?: string;
  /** False: there is no nvme-tcp module for its kernel. */
  readonly nvmeTcp?: boolean;
  /** nvme-tcp is loaded from the start. */
  readonly loaded?: boolean;
  /** Content of /etc/nvme/hostnqn; null: there is no such file. */
  readonly hostNqn?: string | null;
  readonly hostId?: string | null;
  /** False: sudo wants a password. */
  readonly sudo?: boolean;
  /** Seconds by which its clock is ahead. */
  readonly clockSkew?: number;
  readonly multipath?: boolean;
  /** Milliseconds from connect to block device. */
  readonly deviceDelayMs?: number;
}

export interface SimulatedNodeOptions {
  readonly name: string;
  readonly directory: string;
  /** Its address on the storage network. */
  readonly address: string;
  /** Makes host NQN and host ID that no other node has. */
  readonly number: number;
  readonly clock: Clock;
  readonly network: StorageNetwork;
  readonly events: EventLog;
  readonly traits?: NodeTraits;
  readonly volumeOf: VolumeOf;
}

const RELEASES: Record<Kernel, string> = { '6.1': '6.1.0-56-amd64', '6.12': '6.12.117+deb13-amd64' };

/** A node of the simulation: its kernel's NVMe host, its made-up file trees, its programs. */
export class SimulatedNode implements NodeKernel {
  readonly name: string;
  readonly directory: string;
  readonly host: NvmeHost;
  readonly uses: Uses;
  readonly clock: StoppableClock;
  readonly kernel: Kernel;
  readonly release: string;
  readonly nvmeCli: string;
  readonly log: KernelLog;
  readonly modules: Modules;
  readonly hostNqn: string;
  readonly hostId: string;
  readonly #traits: NodeTraits;
  readonly #tree: NodeTree;
  readonly #calls: CallServer;
  readonly #hung: HungReaders;

  constructor(options: SimulatedNodeOptions) {
    const traits = options.traits ?? {};
    this.name = options.name;
    this.directory = options.directory;
    this.clock = new StoppableClock(options.clock);
    this.#traits = traits;
    this.kernel = traits.kernel ?? '6.1';
    this.release = RELEASES[this.kernel];
    this.nvmeCli = traits.nvmeCli ?? (this.kernel === '6.1' ? '2.3' : '2.13');
    this.log = new KernelLog(this.clock);
    this.modules = { fabrics: false, tcp: false, tcpExists: traits.nvmeTcp ?? true };
    const uuid = `11111111-1111-4111-8111-${options.number.toString(16).padStart(12, '0')}`;
    this.hostNqn = traits.hostNqn ?? `nqn.2014-08.org.nvmexpress:uuid:${uuid}`;
    this.hostId = traits.hostId ?? uuid;
    mkdirSync(this.directory, { recursive: true });
    const multipath = traits.multipath ?? true;
    this.#tree = new NodeTree(
      this.directory,
      { source: options.address, multipath, firmware: this.release.slice(0, 8) },
      (controller, file, text) => this.#controlWritten(controller, file, text),
      (line) => this.log.add(line),
    );
    this.host = new NvmeHost({
      node: this.name,
      address: options.address,
      kernel: this.kernel,
      clock: this.clock,
      network: options.network,
      watcher: this.#tree,
      multipath,
      deviceDelayMs: traits.deviceDelayMs ?? 20,
    });
    this.uses = new Uses(this.host, options.events, options.volumeOf, () => {
      this.#tree.usesChanged(this.uses.all);
    });
    this.#hung = new HungReaders(this);
    this.#writeFiles();
    this.#boot();
    this.#calls = new CallServer(this.directory, (call) => this.#answer(call));
  }

  /** The environment in which its commands run. */
  get environment(): Record<string, string> {
    return {
      PATH: `${join(this.directory, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      RDSCTL_ROOT: this.directory,
      HOME: join(this.directory, 'root'),
      USER: 'root',
      LOGNAME: 'root',
      SHELL: '/bin/sh',
    };
  }

  loadModule(name: 'nvme-tcp' | 'nvme-fabrics'): boolean {
    if (name === 'nvme-tcp' && !this.modules.tcpExists) return false;
    this.modules.fabrics = true;
    if (name === 'nvme-tcp') this.modules.tcp = true;
    this.#tree.modulesLoaded(this.modules);
    return true;
  }

  read(path: string): string | undefined {
    const full = join(this.directory, path);
    return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
  }

  noticeWrites(): void {
    for (const controller of this.host.controllers) this.#tree.noticeWrites(controller);
  }

  /** Loses its memory: controllers, mounts, loaded modules. */
  powerOff(): void {
    this.host.powerOff();
    this.uses.forget();
  }

  powerOn(): void {
    this.#boot();
  }

  /** The end of the simulation: whatever was to happen on the node does not, its files are not touched again. */
  close(): void {
    this.clock.stop();
    this.#calls.close();
    this.#tree.close();
    this.host.close();
  }

  #boot(): void {
    this.modules.fabrics = false;
    this.modules.tcp = false;
    this.#tree.modulesLoaded(this.modules);
    if (this.#traits.loaded === true) this.loadModule('nvme-tcp');
    this.#tree.booted(randomUUID(), this.release, this.name);
  }

  #writeFiles(): void {
    const put = (path: string, text: string | null): void => {
      const full = join(this.directory, path);
      if (text === null) rmSync(full, { force: true });
      else writeFileSync(full, text === '' ? '' : `${text}\n`);
    };
    mkdirSync(join(this.directory, 'etc/nvme'), { recursive: true });
    mkdirSync(join(this.directory, 'root'), { recursive: true });
    mkdirSync(join(this.directory, 'run'), { recursive: true });
    put('etc/nvme/hostnqn', this.#traits.hostNqn === null ? null : this.hostNqn);
    put('etc/nvme/hostid', this.#traits.hostId === null ? null : this.hostId);
    rmSync(join(this.directory, 'bin'), { recursive: true, force: true });
    writeStandIns(this.directory, {
      nvmeCli: this.nvmeCli !== 'none',
      sudo: this.#traits.sudo ?? true,
      clockSkew: this.#traits.clockSkew ?? 0,
    });
  }

  #controlWritten(controller: Controller, file: ControlFile, text: string): void {
    const value = Number(text);
    if (file === 'delete_controller') {
      if (text.startsWith('1')) void this.host.delete(controller);
      return;
    }
    if (file === 'reset_controller' || !Number.isInteger(value)) return;
    if (file === 'fast_io_fail_tmo') controller.fastIoFailTmo = value < 0 ? -1 : value;
    else if (file === 'reconnect_delay') controller.reconnectDelay = value;
    else controller.maxReconnects = reconnectAttempts(value, controller.reconnectDelay);
    this.#tree.controllerChanged(controller);
  }

  #answer(call: Call): Promise<Answer> {
    this.noticeWrites();
    switch (call.program) {
      case 'nvme':
        return nvme(this, this.#hung, call);
      case 'modprobe':
        return Promise.resolve(system.modprobe(this, call));
      case 'dmesg':
        return Promise.resolve(system.dmesg(this));
      case 'uname':
        return Promise.resolve(system.uname(this, call));
      case 'wipefs':
        return block.wipefs(this, this.#hung, call);
      case 'blkid':
        return block.blkid(this, this.#hung, call);
      case 'mount':
        return block.mount(this, this.#hung, call);
      case 'umount':
        return block.umount(this, this.#hung, call);
      case 'swapon':
        return Promise.resolve(block.swapon(this, call));
      case 'swapoff':
        return Promise.resolve(block.swapoff(this, call));
      case 'losetup':
        return Promise.resolve(block.losetup(this));
      case 'fuser':
        return Promise.resolve(block.fuser(this, call));
      case 'stat':
        return Promise.resolve(stat(this, this.directory, call));
      case 'dd':
        return dd(this, call);
      default:
        return Promise.resolve({ err: `sh: 1: ${call.program}: not found\n`, exit: 127 });
    }
  }
}
