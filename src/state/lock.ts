/** Who holds a lock, as it says of itself. */
export interface LockHolder {
  /** `user`, with the SSH or sudo origin where known. */
  readonly who: string;
  readonly host: string;
  readonly pid: number;
  /** The command line, redacted. */
  readonly command: string;
  /** RFC 3339, UTC. */
  readonly since: string;
}

/** Who takes locks, as it says of itself. */
export type HolderFacts = Omit<LockHolder, 'since'>;

export interface LockRequest {
  /** What is locked: a volume key such as `rds1/vol-7`, or another name. */
  readonly name: string;
  /** Milliseconds to wait; 0 = don't wait; Infinity = wait until the signal. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Called when the lock is not free at once, and again when the holder changes; null = holder unknown. */
  readonly onWait?: (holder: LockHolder | null) => void;
}

/** A lock that is held. */
export interface Lock {
  readonly name: string;
  /**
   * Throws LOST_LOCK when the lock is known to be no longer ours. Asked before every remote change; the
   * storage server's token check is what makes it safe all the same.
   */
  assertHeld(): void;
  /** Releases; never throws for a lock that was lost. */
  release(): Promise<void>;
}
