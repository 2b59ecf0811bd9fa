import type { NodeDiagnosis } from './node-diagnosis.ts';
import type { WatchRequest, WatchView } from './node-watch.ts';

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

/** A subsystem that a node knows. */
export interface Subsystem {
  readonly nqn: string;
  readonly controllers: readonly Controller[];
  readonly devices: readonly Device[];
  /** Only when it was asked for. */
  readonly uses: readonly Use[];
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

export interface ConnectRequest {
  readonly nqn: string;
  readonly address: string;
  readonly port: number;
  readonly hostNqn: string;
  readonly hostId: string;
  /** The nvme-cli version seen, to use newer options only where they are. */
  readonly nvmeCli: string;
  /** Only to see whether the storage server lets it in: a dry run takes it as refused. */
  readonly attempt?: boolean;
}

export interface ConnectResult {
  /** The subsystem as sysfs shows it afterwards; null when there is none. */
  readonly subsystem: Subsystem | null;
  /** Whether it was this connect that made the controller. */
  readonly connected: boolean;
  /** What nvme-cli and the kernel log said, for the message when it failed. */
  readonly words: string;
}

export interface DisconnectResult {
  /** In use: nothing was disconnected. Empty otherwise. */
  readonly uses: readonly Use[];
  /** What sysfs shows afterwards: no controllers when it worked. */
  readonly controllers: readonly Controller[];
  readonly words: string;
}

/**
 * A Linux node. Methods throw RdsctlError: UNREACHABLE kinds, NODE_NOT_READY, NOT_PERMITTED, BAD_ANSWER.
 */
export interface NodePort {
  readonly name: string;
  open(): void;
  /** Looks at sysfs and /proc; `usesOf`: NQNs whose devices are tested for being in use. */
  observe(options: { usesOf: readonly string[]; signal?: AbortSignal }): Promise<NodeView>;
  /** Connects unless a controller is there already, and waits for a live controller and its block device. */
  connect(request: ConnectRequest, options?: { signal?: AbortSignal }): Promise<ConnectResult>;
  /**
   * Ends the controllers of this subsystem at this address and sees them gone. A live one is left when the
   * device is in use; dead ones are dropped all the same. `cutOff`: the storage server has cut this node off
   * already, so that "live" is a lie and use does not matter: everything is dropped.
   */
  disconnect(
    request: { readonly nqn: string; readonly address: string; readonly cutOff?: boolean },
    options?: { signal?: AbortSignal },
  ): Promise<DisconnectResult>;
  /** Everything that `doctor` judges, in one exec. Changes nothing. */
  diagnose(options?: { signal?: AbortSignal }): Promise<NodeDiagnosis>;
  /**
   * Begins to read from a volume in the background, and to watch its controller.
   * @returns the watch's id; null when there is no device to read from
   */
  beginWatch(request: WatchRequest, options?: { signal?: AbortSignal }): Promise<string | null>;
  /** What it has seen so far; null when there is no such watch any more. */
  lookAtWatch(id: string, options?: { signal?: AbortSignal }): Promise<WatchView | null>;
  /** Ends it, and leaves nothing of it behind. Ended already is fine. */
  endWatch(id: string, options?: { signal?: AbortSignal }): Promise<void>;
  close(): Promise<void>;
}
