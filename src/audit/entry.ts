/** How a command ended. `unchanged`: it was already so. `refused`: a rule forbade it, nothing was changed. */
export const AUDIT_RESULTS = ['ok', 'unchanged', 'refused', 'failed', 'interrupted'] as const;
export type AuditResult = (typeof AUDIT_RESULTS)[number];

/** Who did something, and from where. */
export interface AuditWho {
  readonly user: string;
  /** Null where the system has none. */
  readonly uid: number | null;
  /** The user that became `user` by sudo. */
  readonly sudoUser: string | null;
  /** The address that the user's SSH session came from. */
  readonly sshOrigin: string | null;
}

/** The process that did it. */
export interface AuditOrigin {
  readonly who: AuditWho;
  readonly host: string;
  readonly pid: number;
  /** The command line, redacted. */
  readonly command: string;
}

/** One change that was made outside this process. */
export interface AuditChange {
  /** The host or file that was changed. */
  readonly at: string;
  readonly what: string;
}

/** What is told of one change or refusal. */
export interface AuditFacts extends AuditOrigin {
  /** What was to be done: `attach`, `detach`, `fence`, … */
  readonly event: string;
  readonly result: AuditResult;
  readonly exitCode: number;
  /** The error's reason; null when there was none. */
  readonly reason: string | null;
  /** The volume's key. */
  readonly volume: string | null;
  readonly node: string | null;
  readonly rds: string | null;
  /** What the operator gave with `--reason`. */
  readonly operatorReason: string | null;
  /** The fencing token that was taken. */
  readonly token: number | null;
  /** Milliseconds. */
  readonly durationMs: number;
  readonly changes: readonly AuditChange[];
  readonly message: string | null;
}

/** A line of the audit log. */
export interface AuditEntry extends AuditFacts {
  /** The version of the line's format. */
  readonly v: 1;
  /** Counts the lines of the log, the first one is 1. */
  readonly seq: number;
  /** When it was written. RFC 3339, UTC. */
  readonly time: string;
  readonly id: string;
  /** SHA-256, in hexadecimal, of the line before without its line feed; zeros for the first line. */
  readonly prev: string;
}
