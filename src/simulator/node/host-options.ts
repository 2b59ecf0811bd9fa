import type { Clock } from '../clock.ts';
import type { Kernel } from '../target/kernel-rules.ts';
import type { StorageNetwork } from '../target/network.ts';
import type { BlockDevice, Controller, Subsystem } from './topology.ts';

/** What changed; whoever shows the host's state (sysfs) follows these. */
export interface HostWatcher {
  controllerChanged(controller: Controller): void;
  controllerRemoved(controller: Controller): void;
  subsystemChanged(subsystem: Subsystem): void;
  subsystemRemoved(subsystem: Subsystem): void;
  deviceAdded(subsystem: Subsystem, device: BlockDevice): void;
  deviceRemoved(subsystem: Subsystem, device: BlockDevice): void;
  /** A line of the kernel's log. */
  log(line: string): void;
}

export interface HostOptions {
  readonly node: string;
  /** Its address on the storage network. */
  readonly address: string;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly network: StorageNetwork;
  readonly watcher: HostWatcher;
  /** `nvme_core.multipath`. */
  readonly multipath: boolean;
  /** How long after the connect the block device appears: 0 to 46 ms measured. */
  readonly deviceDelayMs: number;
}
