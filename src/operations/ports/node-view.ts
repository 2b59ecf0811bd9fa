/** A controller of an NVMe/TCP subsystem on a node, from sysfs. */
export interface Controller {
  /** `nvme3`: for messages only, never an identity. */
  readonly name: string;
  /** `live`, `connecting`, `resetting`, `deleting`, … as the kernel says. */
  readonly state: string;
  readonly address: string;
  readonly port: number;
  /** The host NQN that it connected with; left out where the kernel does not tell. */
  readonly hostNqn?: string;
}

/** A block device of a subsystem on a node. */
export interface Device {
  /** `/dev/nvme0n1`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Whether the device node is there and is this device (major and minor number agree). */
  readonly usable: boolean;
}

/** One way in which a device is in use. */
export interface Use {
  readonly kind: 'mount' | 'swap' | 'holder' | 'loop' | 'process' | 'exclusive' | 'unknown';
  /** The mount point, holder, process … */
  readonly what: string;
}

/** A file system that is still mounted from a device that is gone: whoever uses it gets errors, for ever. */
export interface DeadMount {
  /** The device, or partition, as it was called. */
  readonly device: string;
  readonly mount: string;
}

/** A subsystem that a node knows. */
export interface Subsystem {
  readonly nqn: string;
  readonly controllers: readonly Controller[];
  readonly devices: readonly Device[];
  /** Only when it was asked for. */
  readonly uses: readonly Use[];
  /** Of devices that it had before; left out when there are none, or they were not looked for. */
  readonly deadMounts?: readonly DeadMount[];
}

/** What a node says of itself. Never proof that it can't write. */
export interface NodeView {
  /** Changes with each boot. */
  readonly bootId: string;
  /** The node's clock, milliseconds since the epoch. */
  readonly clock: number;
  readonly kernel: string;
  /** `2.3`; null when nvme-cli is not there. */
  readonly nvmeCli: string | null;
  /** Whether the nvme-tcp module is loaded or can be. */
  readonly nvmeTcp: boolean;
  /** Content of /etc/nvme/hostnqn and hostid; null when missing or empty. */
  readonly hostNqnFile: string | null;
  readonly hostIdFile: string | null;
  /** NVMe/TCP subsystems only: the node's own disks are out of reach. */
  readonly subsystems: readonly Subsystem[];
}
