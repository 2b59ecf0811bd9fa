import type { RdsctlError } from '../errors/rdsctl-error.ts';
import type { LockCare } from './lock-care.ts';
import type { State, StateChange } from './state.ts';

/**
 * What the care of a state needs beside {@link StateStore}: it looks at a damaged state too, and can put
 * another in its place. Each kind of store implements it.
 */
export interface StateCare extends LockCare {
  /** For messages: a path or a URL without secrets. */
  readonly location: string;
  /** Looks at everything that is there. Damage is part of the answer, never thrown. Takes no lock. */
  inspect(): Promise<Inspection>;
  /**
   * One copy: by its name in {@link Inspection.copies}, or a file that {@link backup} wrote.
   * @throws RdsctlError BAD_ARGUMENT when there is none of that name
   */
  copy(name: string): Promise<StateCopy>;
  /**
   * Makes a whole copy of the state that no later commit removes; on return it survives a power loss.
   * @param file null = among the store's own copies
   * @throws RdsctlError STATE_*; BAD_ARGUMENT when the file is there and may not be overwritten; LOCAL_IO
   */
  backup(file: string | null, overwrite: boolean): Promise<StateCopy>;
  /**
   * Puts a state in the place of what is there, which is kept as a copy, also when it is damaged. The new
   * serial number is higher than any that is known here, and not lower than {@link Replacement.serial}.
   * @throws RdsctlError CHANGED_MEANWHILE when what is there is not what was seen; LOCKED when another command
   *   works on a volume; STATE_UNWRITABLE
   */
  replace(replacement: Replacement): Promise<State>;
}

export interface Inspection {
  /** Null when it can't be used: see `fault`; or when none was ever written. */
  readonly state: State | null;
  /** Why it can't be used; null when it can, or was never written. */
  readonly fault: RdsctlError | null;
  /** Of everything that makes up the state as it is now: tells whether it changed. */
  readonly fingerprint: string;
  /** The lineage that belongs here, as far as it can be told; null when it can't. */
  readonly lineage: string | null;
  /** The highest serial number of which there is a trace. */
  readonly highestSerial: number;
  /** Earlier and kept copies, newest first. */
  readonly copies: readonly StateCopy[];
  /** What is not as it should be around a state that may itself be in order. */
  readonly oddities: readonly Oddity[];
}

/** A copy of a state. */
export interface StateCopy {
  /** What it is called: to be given to {@link StateCare.copy}. */
  readonly name: string;
  /** `automatic`: made by a commit, the oldest of them go; `kept`: stays until somebody removes it. */
  readonly kind: 'automatic' | 'kept';
  readonly location: string;
  /** When it was written. RFC 3339, UTC; null where it can't be told. */
  readonly takenAt: string | null;
  readonly bytes: number;
  /** Null when it is damaged. */
  readonly state: State | null;
  readonly fault: RdsctlError | null;
}

/** Something that was found, and what mends it. */
export interface Oddity {
  /** `note`: mends itself, or is only worth knowing. */
  readonly level: 'difference' | 'note';
  readonly where: string;
  readonly what: string;
  /** A command; null when nothing needs to be done. */
  readonly fix: string | null;
}

export interface Replacement {
  /** What was there when it was decided on: see {@link Inspection.fingerprint}. */
  readonly fingerprint: string;
  readonly lineage: string;
  /** The serial number that the state had elsewhere: kept where it is higher than any here. Left out: it had none. */
  readonly serial?: number;
  readonly body: StateChange;
  /** Names of locks that the one who replaces holds himself. */
  readonly holding: ReadonlySet<string>;
  readonly signal?: AbortSignal;
}
