/** A file or directory of the state. */
export interface OwnedFile {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly kind: 'file' | 'directory';
}

/** The state directory as the system shows it. */
export interface StateDirectoryFacts {
  readonly path: string;
  /** False: it was never written; it is made with the first change. */
  readonly exists: boolean;
  /** The user that rdsctl runs as. */
  readonly uid: number;
  /** `nfs`, `tmpfs`, `ext4` …; its number in hex where the name is not known; null when it can't be told. */
  readonly fileSystem: string | null;
  /** Whether other hosts may have it mounted too. */
  readonly network: boolean;
  /** Whether this user may write in it, and in its directory of locks where there is one. */
  readonly writable: boolean;
  readonly locksWritable: boolean;
  readonly files: readonly OwnedFile[];
}

/** One of the servers that keep the state. */
export interface StateServerFacts {
  readonly endpoint: string;
  /** Why the state can't be had from it; null when it can. */
  readonly failure: string | null;
}

/** The servers that keep the state, where it is not in a directory of this host. */
export interface KeptByServers {
  /** For messages: a URL without secrets. */
  readonly location: string;
  /** Those that are named. */
  readonly servers: readonly StateServerFacts[];
  /** The certificates that are shown or trusted, and for how long they hold. */
  readonly certificates: readonly { readonly file: string; readonly daysLeft: number }[];
}

/** What can be said of the audit log. */
export interface AuditFacts {
  readonly whole: boolean;
  readonly entries: number;
  /** What is wrong, one sentence each. */
  readonly problems: readonly string[];
}

/** A fact of this host, or why it could not be had. */
export type Fact<T> = { readonly value: T } | { readonly failed: string };

/** What is known of the host that rdsctl runs on. */
export interface HereFacts {
  /** The configuration file; null when there is none. */
  readonly configFile: string | null;
  readonly configWarnings: readonly string[];
  /** Key files and lists of known hosts that can't be used as they are. */
  readonly keyFiles: readonly {
    readonly key: string;
    readonly message: string;
    readonly fix: string | null;
  }[];
  /** Null = in the directory itself. */
  readonly servers: KeptByServers | null;
  /** Of the state; where servers keep it, of the audit log. */
  readonly directory: Fact<StateDirectoryFacts>;
  readonly audit: Fact<AuditFacts>;
}
