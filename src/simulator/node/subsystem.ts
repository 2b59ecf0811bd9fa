import type { Identity } from '../target/target.ts';
import type { Controller } from './controller.ts';
import type { PendingIo } from './pending-io.ts';

/** A path of a namespace: the hidden device nvmeXcYnZ behind one controller. */
export interface Path {
  readonly name: string;
  readonly minor: number;
}

/** A block device (the multipath head) of a subsystem. */
export class BlockDevice {
  /** Such as `nvme0n1`. */
  readonly name: string;
  readonly instance: number;
  readonly minor: number;
  readonly identity: Identity;
  readonly paths = new Map<Controller, Path>();
  /** I/O that waits for a usable path. */
  readonly queue: PendingIo[] = [];
  /** Mounts, swap, holders, open files: while any is left, number and name stay taken. */
  references = 0;
  /** Taken out of sysfs; only references keep it. */
  gone = false;
  /** Processes that read it while no path was live; one that was killed wedges it. */
  readonly hungReaders = new Set<() => boolean>();

  constructor(name: string, instance: number, minor: number, identity: Identity) {
    this.name = name;
    this.instance = instance;
    this.minor = minor;
    this.identity = identity;
  }
}

/** A subsystem as the host sees it: NQN, controllers, devices. */
export class Subsystem {
  readonly instance: number;
  readonly nqn: string;
  /** Where its first controller found it: two storage servers may use one NQN. */
  readonly address: string;
  readonly identity: Identity;
  readonly controllers = new Set<Controller>();
  readonly devices = new Set<BlockDevice>();

  /** Its number is that of its first controller, and stays taken while it lives (kernel). */
  constructor(instance: number, nqn: string, address: string, identity: Identity) {
    this.instance = instance;
    this.nqn = nqn;
    this.address = address;
    this.identity = identity;
  }

  get name(): string {
    return `nvme-subsys${this.instance}`;
  }

  /** The device that is in sysfs now, if any. */
  get device(): BlockDevice | undefined {
    return [...this.devices].find((each) => !each.gone);
  }
}
