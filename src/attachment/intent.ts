/**
 * What an operation is about to do to a volume, on disk before it does it, so that after a crash the next
 * command or `reconcile` sees what may have happened and finishes or undoes it.
 */
export interface Intent {
  readonly verb: 'attach' | 'detach' | 'fence' | 'share';
  /** The node that the operation grants to (attach, share) or takes from (detach, fence). */
  readonly node: string;
  /** The host NQN that is granted or taken; null when it is not known. */
  readonly hostNqn: string | null;
  /** The fencing token the operation took. */
  readonly token: number;
  /** RFC 3339, UTC. */
  readonly since: string;
  /** `user@host` and process id of the one who works. */
  readonly by: string;
  readonly pid: number;
}
