/** What an audit log shows of itself. */
export interface AuditVerdict {
  /** Whether every line is as it was written. Lines cut off by a crash don't count against it. */
  readonly whole: boolean;
  readonly entries: number;
  /** Lines that a crash cut off. */
  readonly torn: number;
  readonly problems: readonly {
    readonly file: string;
    /** From 1. */
    readonly line: number;
    readonly what: string;
  }[];
  /** The highest fencing token that it tells of each volume, by volume key. */
  readonly tokens: ReadonlyMap<string, number>;
}

/** The log that operations write to, read again. */
export interface AuditReader {
  readonly location: string;
  /** Walks all of it. @throws RdsctlError AUDIT_FAILED */
  verify(): Promise<AuditVerdict>;
}
