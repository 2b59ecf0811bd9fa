import type { StepHooks } from '../../state/step-hooks.ts';

/**
 * Where a test can watch, stop, kill or fail a run of the CLI. The program itself sets none: nothing outside
 * the process can.
 */
export interface Probes {
  /** The steps of the state store; see {@link StepHooks}. */
  readonly state?: StepHooks;
  /** Called before a command is sent to a host, and when its answer has come. What it throws, the exec throws. */
  readonly remote?: (point: 'before' | 'after', host: string, command: string) => void | Promise<void>;
  /** Milliseconds after which a lock of another host counts as stale; see FileStoreOptions. */
  readonly staleMs?: number;
}
