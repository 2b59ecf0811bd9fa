/** One line of the audit log, as an operation tells it; who, host, pid and command are added by the log. */
export interface AuditEvent {
  readonly event:
    | 'attach'
    | 'detach'
    | 'move'
    | 'fence'
    | 'unfence'
    | 'drain'
    | 'reconcile'
    | 'restore'
    | 'import'
    | 'rebuild'
    | 'unlock'
    | 'adopt'
    | 'apply'
    | 'prove-fence';
  readonly result: 'ok' | 'unchanged' | 'refused' | 'failed' | 'interrupted';
  readonly exitCode: number;
  /** The reason of a refusal or failure. */
  readonly reason: string | null;
  readonly volume: string | null;
  readonly node: string | null;
  /** The fencing token after the change. */
  readonly token: number | null;
  readonly durationMs: number;
  /** Every remote change that was sent, in order. */
  readonly changes: readonly { readonly at: string; readonly what: string }[];
  readonly message: string | null;
  /** Given with --reason. */
  readonly operatorReason: string | null;
}

export interface AuditPort {
  /** On disk when it returns. @throws RdsctlError AUDIT_FAILED */
  record(event: AuditEvent): Promise<void>;
}
