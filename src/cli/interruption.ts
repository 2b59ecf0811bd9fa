import { EXIT_CODES } from '../errors/exit-codes.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { formatDuration } from '../config/duration.ts';
import type { CliIo, EndSignal } from './io/cli-io.ts';

const SIGTERM_EXIT = 143;

/** What can end a command before its time. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Why it was interrupted; null when it wasn't. */
  readonly error: () => RdsctlError | null;
  /** Starts the clock of `--timeout`. */
  limit(milliseconds: number): void;
  /** The command ended as it should: a signal was its proper end. */
  forgive(): void;
  /** What is to be put in order when a second signal ends the process at once. */
  beforeEnd(tidy: () => void): void;
  end(): void;
}

/** Listens for signals and the time limit. The second signal ends the process at once. */
export function watchInterruption(io: CliIo): Interruption {
  const controller = new AbortController();
  let error: RdsctlError | null = null;
  let signals = 0;
  let timer: NodeJS.Timeout | undefined;
  let tidyUp = (): void => undefined;
  const abort = (why: RdsctlError): void => {
    error ??= why;
    if (!controller.signal.aborted) controller.abort(why);
  };
  const stop = io.onSignal((name) => {
    signals += 1;
    const exitCode = name === 'SIGINT' ? EXIT_CODES.SIGNAL : SIGTERM_EXIT;
    if (signals === 1) {
      abort(interrupted(name, exitCode));
      return;
    }
    tidyUp();
    void io.stderr.write(
      'error: interrupted again: ended at once, `rdsctl reconcile` finishes or undoes what is open\n',
    );
    io.exitNow(exitCode);
  });
  return {
    signal: controller.signal,
    error: () => error,
    limit(milliseconds) {
      timer = setTimeout(() => {
        const message = `the ${formatDuration(milliseconds)} of --timeout ran out`;
        abort(new RdsctlError('TIMED_OUT', { message, details: { timeoutMs: milliseconds } }));
      }, milliseconds);
    },
    forgive() {
      error = null;
    },
    beforeEnd(tidy) {
      tidyUp = tidy;
    },
    end() {
      clearTimeout(timer);
      stop();
    },
  };
}

function interrupted(name: EndSignal, exitCode: number): RdsctlError {
  return new RdsctlError('INTERRUPTED', {
    message: `interrupted by ${name}`,
    details: { signal: name, exitCode },
  });
}
