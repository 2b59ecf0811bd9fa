/** What a remote command left behind. */
export interface ExecResult {
  /** Bytes as latin1: one character per byte, so that nothing is lost before the caller decodes. */
  readonly stdout: string;
  readonly stderr: string;
  /** Null when the server sent no exit status (RouterOS may not; a killed process does not). */
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface ExecOptions {
  /** Sent as standard input (latin1), which is then closed. */
  readonly stdin?: string;
  /** Milliseconds until the exec counts as unanswered: NO_ANSWER. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * A connection to one host. One exec runs at a time; others queue (RouterOS blocks on concurrent sessions of
 * one connection).
 */
export interface Connection {
  /** `user@host:port`, for messages. */
  readonly peer: string;
  /**
   * @throws RdsctlError CONNECTION_LOST when the connection ended before the result was whole, NO_ANSWER
   * when the time ran out. After either the command may have run, may run now or later, or never.
   * `details.sent` is false only when the command certainly never left this host.
   */
  exec(command: string, options: ExecOptions): Promise<ExecResult>;
  close(): Promise<void>;
}

/** How a host is reached: configuration already resolved, no defaults left to guess but ssh_config's. */
export interface SshTarget {
  /** The name in rdsctl's configuration, for messages. */
  readonly name: string;
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
  readonly identityFile: string | null;
  /** `SHA256:…`; null: use known_hosts. */
  readonly hostKey: string | null;
  /** A known_hosts file instead of the user's and the system's. */
  readonly knownHosts: string | null;
  readonly verifyHostKey: boolean;
  readonly connectTimeoutMs: number;
}

/** Opens a connection and logs in. */
export type Connect = (target: SshTarget, options: { signal?: AbortSignal }) => Promise<Connection>;
