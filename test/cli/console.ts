import { runCli } from '../../src/cli/run-cli.ts';
import type { CliIo, EndSignal } from '../../src/cli/io/cli-io.ts';

/** The outside world of one run, as a test wants it. */
export interface World {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly home?: string;
  readonly uid?: number;
  /** Whether stdin, stdout and stderr are terminals, and how wide. */
  readonly terminal?: { readonly columns: number };
  /** What is typed, line by line. */
  readonly typed?: readonly string[];
  readonly now?: string;
}

/** What a run left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An outside world that keeps what is written. */
export interface Console {
  readonly io: CliIo;
  readonly written: { stdout: string; stderr: string };
  readonly endedAtOnce: number[];
  readonly signal: (name: EndSignal) => void;
}

export function makeConsole(world: World = {}): Console {
  const written = { stdout: '', stderr: '' };
  const endedAtOnce: number[] = [];
  const listeners = new Set<(signal: EndSignal) => void>();
  const typed = [...(world.typed ?? [])];
  const isTTY = world.terminal !== undefined;
  const output = (name: 'stdout' | 'stderr'): CliIo['stdout'] => ({
    isTTY,
    columns: world.terminal?.columns,
    write: (text) => {
      written[name] += text;
      return Promise.resolve();
    },
  });
  return {
    written,
    endedAtOnce,
    signal: (name) => {
      for (const listener of [...listeners]) listener(name);
    },
    io: {
      stdout: output('stdout'),
      stderr: output('stderr'),
      stdin: {
        isTTY,
        readLine: () => Promise.resolve(typed.shift() ?? null),
        readAll: () => Promise.resolve(Buffer.alloc(0)),
      },
      env: world.env ?? {},
      cwd: world.cwd ?? '/nowhere',
      home: world.home ?? '/nowhere',
      uid: world.uid ?? 1000,
      now: () => new Date(world.now ?? '2026-11-20T14:03:00.000Z'),
      onSignal(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      exitNow: (code) => void endedAtOnce.push(code),
    },
  };
}

/** Runs a command line in this process. */
export async function rdsctl(args: readonly string[], world: World = {}): Promise<Outcome> {
  const { io, written } = makeConsole(world);
  const code = await runCli(args, io);
  return { code, ...written };
}
