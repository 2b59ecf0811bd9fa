import type { HolderFacts } from '../../state/lock.ts';
import type { StepHooks } from '../../state/step-hooks.ts';

/** What every kind of store is opened with. */
export interface StoreOptions {
  /** How many earlier states to keep, where each commit keeps one. */
  readonly backups: number;
  /** Milliseconds that an update may take in all, or wait for other writers. */
  readonly timeoutMs: number;
  /** Who takes the locks. */
  readonly holder: () => HolderFacts;
  /** Milliseconds, whole seconds of them, that locks outlive a silent process, where they live by a lease. */
  readonly leaseMs?: number | undefined;
  /** When it is aborted, what only looks at a state across a network is not waited for any more. */
  readonly signal: AbortSignal;
  /** For tests. */
  readonly hooks?: StepHooks | undefined;
  /** Milliseconds; see FileStoreOptions. */
  readonly staleMs?: number | undefined;
}

/** For whoever only looks: never asked for. */
export function nobody(command: string): () => HolderFacts {
  return () => ({ who: '', host: '', pid: process.pid, command });
}
