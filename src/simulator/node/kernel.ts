import type { Clock } from '../clock.ts';
import type { Kernel } from '../target/kernel-rules.ts';
import type { NvmeHost } from './nvme-host.ts';
import type { BlockDevice, Subsystem } from './topology.ts';
import type { Uses } from './uses.ts';

/** Which kernel modules can be loaded and which are. */
export interface Modules {
  fabrics: boolean;
  tcp: boolean;
  /** False: there is no nvme-tcp for this kernel. */
  readonly tcpExists: boolean;
}

/** What the programs of a node act on. */
export interface NodeKernel {
  readonly host: NvmeHost;
  readonly uses: Uses;
  readonly modules: Modules;
  readonly clock: Clock;
  readonly kernel: Kernel;
  /** As `uname -r` says. */
  readonly release: string;
  /** nvme-cli's version. */
  readonly nvmeCli: string;
  readonly log: KernelLog;
  loadModule(name: 'nvme-tcp' | 'nvme-fabrics'): boolean;
  /** A file of the node, or undefined. */
  read(path: string): string | undefined;
  /** Looks at what scripts have written into the control files of controllers. */
  noticeWrites(): void;
}

/** A device by its path or name, among those that are there. */
export function findDevice(
  node: NodeKernel,
  path: string,
): { readonly device: BlockDevice; readonly subsystem: Subsystem } | undefined {
  const name = path.replace(/^.*\/dev\//, '').replace(/^\/dev\//, '');
  for (const subsystem of node.host.subsystems) {
    for (const device of subsystem.devices) {
      if (device.name === name && !device.gone) return { device, subsystem };
    }
  }
  return undefined;
}

/** Whether I/O to the device would be answered now. */
export function isLive(device: BlockDevice): boolean {
  return [...device.paths.keys()].some((each) => each.state === 'live');
}

/** The ring buffer that dmesg prints. */
export class KernelLog {
  readonly #clock: Clock;
  readonly #start: number;
  readonly #lines: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  add(line: string): void {
    const seconds = ((this.#clock.now() - this.#start) / 1000).toFixed(6).padStart(12);
    this.#lines.push(`[${seconds}] ${line}`);
    if (this.#lines.length > 1000) this.#lines.shift();
  }

  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }
}
