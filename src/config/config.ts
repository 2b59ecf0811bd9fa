/** The effective configuration: every default filled in, durations in milliseconds, paths absolute. */
export interface Config {
  readonly storageServers: Readonly<Record<string, StorageServerConfig>>;
  readonly nodes: Readonly<Record<string, NodeConfig>>;
  readonly nvme: NvmeConfig;
  readonly fence: FenceConfig;
  readonly timeouts: TimeoutConfig;
  readonly state: StateConfig;
  /** How many earlier states are kept. */
  readonly backups: number;
}

/** Where the state is kept. The location that this comes to is `EffectiveConfig.stateLocation`. */
export interface StateConfig {
  /** The directory of the state; beside a URL, of what belongs to this host alone. */
  readonly path: string;
  /** Without a user. */
  readonly url: string | null;
  readonly user: string | null;
  readonly passwordFile: string | null;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

export interface StorageServerConfig {
  readonly host: string;
  /** Null = what ~/.ssh/config says, else 22. */
  readonly port: number | null;
  readonly user: string;
  readonly identityFile: string | null;
  readonly hostKey: string | null;
  readonly knownHosts: string | null;
  readonly verifyHostKey: boolean;
  /** Where nodes reach its NVMe target. */
  readonly nvme: { readonly address: string; readonly port: number };
  /** Globs of the slots that rdsctl may touch. */
  readonly volumes: readonly string[];
  readonly sharedExport: 'never' | 'any';
}

export interface NodeConfig {
  readonly transport: 'ssh' | 'local';
  readonly host: string | null;
  readonly port: number | null;
  readonly user: string | null;
  readonly sudo: boolean;
  readonly identityFile: string | null;
  readonly hostKey: string | null;
  readonly knownHosts: string | null;
  readonly verifyHostKey: boolean;
  readonly hostNqn: string | null;
  /** Storage-side addresses, for the firewall fence. */
  readonly addresses: readonly string[];
}

/** Milliseconds; -1 for a ctrl-loss-tmo that never ends. */
export interface NvmeConfig {
  readonly ctrlLossTmo: number;
  readonly reconnectDelay: number;
  readonly keepAliveTmo: number;
  readonly fastIoFailTmo: number;
}

export interface FenceConfig {
  /** Milliseconds that nothing may be in flight, at least. */
  readonly settle: number;
  readonly drainTimeout: number;
  readonly firewall: boolean;
}

export interface TimeoutConfig {
  readonly connect: number;
  readonly command: number;
  readonly device: number;
  readonly lock: number;
  /** How long locks in etcd outlive a process that gives no sign of life. Whole seconds. */
  readonly lease: number;
}
