import type { Report } from '../../operations/ports/reporter.ts';
import type { CliIo, TextOutput } from '../io/cli-io.ts';
import type { Style } from '../output/style.ts';
import { endedLine } from './ended-line.ts';
import { liveLines } from './live-lines.ts';
import { openLiveRegion, type LiveRegion } from './live-region.ts';
import { ProgressState } from './progress-state.ts';

/** Progress that is drawn on a terminal while a command runs. */
export interface LiveProgress {
  readonly report: Report;
  /** The same outside world, through which all else is written and asked without getting mixed up with it. */
  readonly io: CliIo;
  /** Takes away what is drawn. */
  end(): void;
  /** The same when a second signal ends the process. */
  endNow(): void;
}

/** Goes to the line's begin and clears it: terminals show a Ctrl-C as ^C. */
const OVER_ECHO = '\r\u001b[K';

interface LiveOptions {
  readonly io: CliIo;
  /** For stderr. */
  readonly style: Style;
  /** Aborted when the command is interrupted. */
  readonly signal: AbortSignal;
}

/** Draws what runs on the terminal that stderr is; what ended stays above it, a line each. */
export function liveProgress({ io, style, signal }: LiveOptions): LiveProgress {
  const state = new ProgressState();
  const unicode = showsUnicode(io.env);
  const region = openLiveRegion(io.stderr, (columns, rows) =>
    liveLines(state, { now: io.now().getTime(), columns, rows, style, unicode }),
  );
  const shared = sharing(io, region);
  const line = (text: string): void => void shared.stderr.write(`${text}\n`);
  const stopContinued = io.onContinued?.(() => {
    region.forget();
  });
  const interrupted = (): void => {
    // A question just ends.
    if (region.held) return;
    const text = 'interrupted: ends in order, a second signal ends it at once';
    line(`${OVER_ECHO}${style.caution(text)}`);
  };
  signal.addEventListener('abort', interrupted, { once: true });
  return {
    io: shared,
    report(progress) {
      const now = io.now().getTime();
      const ended = endedLine(progress, state, now, style);
      state.take(progress, now);
      if (ended !== null) line(ended);
      region.changed();
    },
    endNow() {
      this.end();
      void io.stderr.write(OVER_ECHO);
    },
    end() {
      stopContinued?.();
      signal.removeEventListener('abort', interrupted);
      region.end();
    },
  };
}

/** The outside world with outputs and an input that make what is drawn make way. */
function sharing(io: CliIo, region: LiveRegion): CliIo {
  const around = (output: TextOutput): TextOutput => {
    if (!output.isTTY) return output;
    const write: TextOutput['write'] = (text) => region.around(() => output.write(text), text);
    return Object.create(output, { write: { value: write } }) as TextOutput;
  };
  const asked = async <T>(read: () => Promise<T>): Promise<T> => {
    region.hold();
    try {
      return await read();
    } finally {
      region.letGo();
    }
  };
  return {
    ...io,
    stdout: around(io.stdout),
    stderr: around(io.stderr),
    stdin: {
      isTTY: io.stdin.isTTY,
      readLine: (signal) => asked(() => io.stdin.readLine(signal)),
      readAll: (signal) => io.stdin.readAll(signal),
    },
  };
}

/** As the C library finds the locale for characters. */
function showsUnicode(env: CliIo['env']): boolean {
  const set = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  return /utf-?8/i.test(set ?? '');
}
