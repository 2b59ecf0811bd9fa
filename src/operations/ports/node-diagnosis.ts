import type { NodeView } from './node-view.ts';

/** A controller of an NVMe/TCP subsystem as it is set up, whoever made it. */
export interface ControllerSetup {
  readonly name: string;
  readonly nqn: string;
  readonly state: string;
  readonly address: string;
  /** Whether it retries for ever (ctrl-loss-tmo -1). */
  readonly retriesForEver: boolean;
  /** The host NQN that it was made with; null when the kernel does not tell. */
  readonly hostNqn: string | null;
}

/** What `doctor` asks a node, all in one go. */
export interface NodeDiagnosis {
  readonly view: NodeView;
  /** Content of /etc/nvme/config.json; null when there is none. */
  readonly configJson: string | null;
  /** The lines of /etc/nvme/discovery.conf that are no comments; null when there is none. */
  readonly discoveryConf: readonly string[] | null;
  /** Enabled services that connect by themselves. */
  readonly units: readonly string[];
  /** Native multipath; null while nvme_core is not loaded. */
  readonly multipath: boolean | null;
  readonly controllers: readonly ControllerSetup[];
}
