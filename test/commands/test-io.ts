import type { CliIo, EndSignal } from '../../src/cli/io/cli-io.ts';

export interface IoOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A terminal on stdin and stderr; what is typed, line by line. */
  readonly typed?: readonly string[];
  /** Sends a signal as soon as this shows on stderr (`-v` shows steps). */
  readonly signalAt?: { readonly text: RegExp; readonly signal?: EndSignal };
  /** What is piped in. */
  readonly stdin?: string;
  /** Whoever reads standard output goes away after so many writes. */
  readonly goneAfter?: number;
  /** Standard output is a terminal. */
  readonly screen?: { readonly columns: number; readonly rows: number };
  readonly uid?: number;
  readonly cwd?: string;
}

/** A command that runs. */
export interface Running<T> {
  readonly ended: Promise<T>;
  signal(name: EndSignal): void;
  /** Resolves when stderr shows it. */
  shows(text: RegExp): Promise<void>;
  /** Resolves when what was written to stdout satisfies it. */
  prints(enough: (stdout: string) => boolean): Promise<void>;
  /** The exit codes of `exitNow`: the command asked to be ended at once. */
  readonly endedAtOnce: readonly number[];
}

/** Makes the outside world of one command and runs it. */
export function testIo<T>(
  home: string,
  configPath: string,
  options: IoOptions = {},
  run: (io: CliIo) => Promise<number>,
  outcome: (code: number, stdout: string, stderr: string) => T,
): Running<T> {
  let stdout = '';
  let writes = 0;
  let stderr = '';
  const listeners = new Set<(signal: EndSignal) => void>();
  const watchers = new Set<() => void>();
  const endedAtOnce: number[] = [];
  const typed = [...(options.typed ?? [])];
  const isTTY = options.typed !== undefined;
  let signalled = false;
  const send = (name: EndSignal): void => {
    for (const listener of [...listeners]) listener(name);
  };
  const io: CliIo = {
    stdout: {
      isTTY: options.screen !== undefined,
      columns: options.screen?.columns,
      rows: options.screen?.rows,
      get gone() {
        return writes >= (options.goneAfter ?? Infinity);
      },
      write: (text) => {
        stdout += text;
        writes += 1;
        for (const watcher of [...watchers]) watcher();
        return Promise.resolve();
      },
    },
    stderr: {
      isTTY,
      columns: undefined,
      write: (text) => {
        stderr += text;
        for (const watcher of [...watchers]) watcher();
        const { signalAt } = options;
        if (signalAt !== undefined && !signalled && signalAt.text.test(stderr)) {
          signalled = true;
          send(signalAt.signal ?? 'SIGINT');
        }
        return Promise.resolve();
      },
    },
    stdin: {
      isTTY,
      readLine: () => Promise.resolve(typed.shift() ?? null),
      readAll: () => Promise.resolve(Buffer.from(options.stdin ?? '')),
    },
    env: { RDSCTL_CONFIG: configPath, ...options.env },
    cwd: options.cwd ?? home,
    home,
    uid: options.uid ?? 0,
    now: () => new Date(),
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exitNow: (code) => void endedAtOnce.push(code),
  };
  const until = (enough: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const watcher = (): void => {
        if (!enough()) return;
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
      watcher();
    });
  return {
    ended: run(io).then((code) => outcome(code, stdout, stderr)),
    signal: send,
    shows: (text) => until(() => text.test(stderr)),
    prints: (enough) => until(() => enough(stdout)),
    endedAtOnce,
  };
}
