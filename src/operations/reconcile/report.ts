import type { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { LockHolder } from '../../state/lock.ts';
import type { Drift } from './drift.ts';

/** What became of a drift. */
export interface DriftReport extends Drift {
  /** `planned`: it would be repaired (dry run); `left`: it is for the operator, or was not come to. */
  readonly result: 'repaired' | 'planned' | 'left' | 'failed';
  /** Why the repair failed. */
  readonly error: RdsctlError | null;
}

/** A volume that was not looked into because somebody works on it. */
export interface Skipped {
  readonly volume: string;
  readonly holder: LockHolder | null;
}

export interface Unasked {
  readonly name: string;
  readonly error: RdsctlError;
}

/** Hosts that could be asked, and those that could not. */
export interface Asked {
  readonly asked: readonly string[];
  readonly unasked: readonly Unasked[];
}

export interface ReconcileReport {
  readonly dryRun: boolean;
  /** Who else is at it; then nothing was looked at. */
  readonly busy: LockHolder | null;
  /** No drift is left of what could be seen; null when nothing was looked at. */
  readonly inSync: boolean | null;
  readonly servers: Asked;
  readonly nodes: Asked;
  /** Volumes that were looked at. */
  readonly volumes: number;
  /** By volume; then what is about no volume, by storage server. */
  readonly drift: readonly DriftReport[];
  readonly skipped: readonly Skipped[];
  /** The command ends with it; null when everything that was begun went well. */
  readonly failure: RdsctlError | null;
}
