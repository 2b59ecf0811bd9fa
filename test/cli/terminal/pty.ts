import { spawn } from 'node:child_process';
import path from 'node:path';
import { makeScreen } from './screen.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../../bin/rdsctl');

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The file that standard output goes to; left out, it goes to the terminal. */
  readonly stdout?: string;
  /** Where standard error goes instead: a shell's redirection such as `2>FILE`. */
  readonly redirect?: string;
}

/** A program that runs on a terminal of its own. */
export interface OnTerminal {
  /** Resolves when the screen shows it. @throws when the program ends without */
  shows(text: RegExp): Promise<void>;
  type(keys: string): void;
  /** What is on the screen, without times. */
  lines(): string[];
  cursorColumn(): number;
  /** Everything that was written to the terminal, as it was. */
  raw(): string;
  /** The exit code. */
  readonly ended: Promise<number | null>;
}

/** Runs rdsctl (built) on a real pseudo-terminal, which script(1) makes. */
export function onTerminal(args: readonly string[], options: TerminalOptions): OnTerminal {
  const { columns = 100, rows = 30 } = options;
  const quoted = [PROGRAM, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const stdout = options.stdout === undefined ? '' : ` >'${options.stdout}'`;
  const line = `stty cols ${columns} rows ${rows}; exec ${quoted}${stdout} ${options.redirect ?? ''}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      HOME: options.cwd,
      SHELL: '/bin/sh',
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      ...options.env,
    },
  });
  const screen = makeScreen(columns, rows, false);
  const watchers = new Set<() => void>();
  let raw = '';
  let shown: Promise<void> = Promise.resolve();
  child.stdout.on('data', (bytes: Buffer) => {
    raw += bytes.toString('utf8');
    shown = screen.write(bytes).then(() => {
      for (const watcher of [...watchers]) watcher();
    });
  });
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => void shown.then(() => resolve(code))),
  );
  return {
    ended,
    raw: () => raw,
    type: (keys) => void child.stdin.write(keys),
    lines: () => screen.lines().map((text) => text.replace(/ \d+(\.\d)? s$/, '')),
    cursorColumn: () => screen.cursor().x,
    shows: (text) =>
      new Promise((resolve, reject) => {
        const watcher = (): void => {
          if (!text.test(screen.lines().join('\n'))) return;
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
        watcher();
        void ended.then((code) => {
          reject(new Error(`ended with ${code} before it showed ${text}:\n${screen.lines().join('\n')}`));
        });
      }),
  };
}
