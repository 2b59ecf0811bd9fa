import type { Timer } from '../clock.ts';
import { reconnectAttempts } from '../target/kernel-rules.ts';
import type { Session } from '../target/session.ts';
import type { Identity } from '../target/target.ts';
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

/** The states that `/sys/class/nvme/nvmeN/state` shows (measured). */
export type ControllerState = 'live' | 'resetting' | 'connecting' | 'deleting' | 'deleting (no IO)';

/** What `nvme connect` was given, in seconds where it is a time. */
export interface ConnectOptions {
  readonly nqn: string;
  readonly address: string;
  readonly port: number;
  readonly hostNqn: string;
  readonly hostId: string;
  readonly reconnectDelay: number;
  /** -1: for ever. */
  readonly ctrlLossTmo: number;
  readonly keepAliveTmo: number;
  /** -1: off. */
  readonly fastIoFailTmo: number;
}

/** A controller of the node: one connection to one subsystem. */
export class Controller {
  readonly instance: number;
  readonly subsystem: Subsystem;
  readonly options: ConnectOptions;
  state: ControllerState = 'live';
  session: Session;
  reconnectDelay: number;
  /** -1: for ever. */
  maxReconnects: number;
  /** Seconds; -1: off. */
  fastIoFailTmo: number;
  /** Failed attempts since it was live. */
  attempts = 0;
  /** fast_io_fail_tmo ran out: I/O fails instead of waiting. */
  failingFast = false;
  /** Packets pass between it and the target. */
  reachable = true;
  /** Sent to the target and not answered. */
  readonly outstanding = new Set<PendingIo>();
  /** What will happen next: noticing silence, the next attempt. */
  next: Timer | undefined;
  failFastTimer: Timer | undefined;
  /** Until the block device of a new connection is there. */
  appearance: Timer | undefined;
  /** The deletion under way. */
  deletion: Promise<void> | undefined;
  /** Ends a deletion that waits for a target that does not answer. */
  finishDeletion: (() => void) | undefined;

  constructor(instance: number, subsystem: Subsystem, options: ConnectOptions, session: Session) {
    this.instance = instance;
    this.subsystem = subsystem;
    this.options = options;
    this.session = session;
    this.reconnectDelay = options.reconnectDelay;
    this.maxReconnects = reconnectAttempts(options.ctrlLossTmo, options.reconnectDelay);
    this.fastIoFailTmo = options.fastIoFailTmo;
  }

  get name(): string {
    return `nvme${this.instance}`;
  }

  get deleting(): boolean {
    return this.state === 'deleting' || this.state === 'deleting (no IO)';
  }

  /** I/O may wait for it: live, or on its way back and not failing fast. */
  get mayComeBack(): boolean {
    return !this.deleting && !this.failingFast;
  }

  cancelTimers(): void {
    this.next?.cancel();
    this.failFastTimer?.cancel();
    this.appearance?.cancel();
    this.next = undefined;
    this.failFastTimer = undefined;
    this.appearance = undefined;
  }

  /** `traddr=…,trsvcid=…[,src_addr=…]`: no source address while there is no connection. */
  address(source: string): string {
    const base = `traddr=${this.options.address},trsvcid=${this.options.port}`;
    return this.state === 'live' ? `${base},src_addr=${source}` : base;
  }
}
