import type { NodeDiagnosis } from './node-diagnosis.ts';
import type { Controller, DeadMount, Device, Use, Subsystem, NodeView } from './node-view.ts';
import type { WatchRequest, WatchView } from './node-watch.ts';

export type { Controller, DeadMount, Device, Use, Subsystem, NodeView };

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
  /** Ends the connection unless something is under way on it. It is made again when it is needed. */
  rest(): Promise<void>;
  close(): Promise<void>;
}
