import { EXIT_CODES, type ErrorCode } from './exit-codes.ts';
import { REASONS, type Reason } from './reasons.ts';

/** A command that mends things, with a word on when to use it. */
export interface Hint {
  readonly when: string;
  readonly run: string;
}

/** What an error carries beside its reason. */
export interface ErrorFacts {
  /** What happened, to which volume on which node: one sentence, no full stop needed. */
  readonly message: string;
  /** The state things are in now, for example "Nothing was changed." */
  readonly now?: string;
  /** What to run next, most likely first. */
  readonly hints?: readonly Hint[];
  /** Facts for machines; plain JSON values, never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * An outcome that the operator can understand and mend. Everything rdsctl refuses or fails at on purpose is
 * one of these; anything else that is thrown is a defect.
 */
export class RdsctlError extends Error {
  override readonly name = 'RdsctlError';
  readonly reason: Reason;
  readonly now: string | undefined;
  readonly hints: readonly Hint[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(reason: Reason, facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.reason = reason;
    this.now = facts.now;
    this.hints = facts.hints ?? [];
    this.details = facts.details ?? {};
  }

  /** The exit code's name. */
  get code(): ErrorCode {
    return REASONS[this.reason].code;
  }

  /** The process's exit code. An interruption by SIGTERM carries `details.exitCode` 143. */
  get exitCode(): number {
    const own = this.details['exitCode'];
    return typeof own === 'number' ? own : EXIT_CODES[this.code];
  }

  /** The same error with more context; the reason stays. */
  with(more: Partial<ErrorFacts>): RdsctlError {
    return new RdsctlError(this.reason, {
      message: more.message ?? this.message,
      ...((more.now ?? this.now) === undefined ? {} : { now: more.now ?? this.now ?? '' }),
      hints: more.hints ?? this.hints,
      details: { ...this.details, ...more.details },
      cause: more.cause ?? this.cause,
    });
  }
}

/** Whether `error` is an {@link RdsctlError} of one of the given reasons. */
export function isReason(error: unknown, ...reasons: Reason[]): error is RdsctlError {
  return error instanceof RdsctlError && reasons.includes(error.reason);
}
