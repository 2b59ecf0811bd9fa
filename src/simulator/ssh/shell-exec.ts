import { spawn, type ChildProcess } from 'node:child_process';
import type { ServerChannel } from 'ssh2';

/** Runs commands as an SSH server does: a shell of its own for each, ends told, nothing killed on hang-up. */
export class ShellRunner {
  readonly #directory: string;
  readonly #environment: Record<string, string>;
  readonly #running = new Set<ChildProcess>();

  constructor(directory: string, environment: Record<string, string>) {
    this.#directory = directory;
    this.#environment = environment;
  }

  /**
   * Runs `command` (none: a shell that reads what comes in). `stdin` is what was read from the channel
   * already, when it was read to its end.
   */
  run(channel: ServerChannel, command: string | undefined, stdin: Buffer | undefined): Promise<void> {
    const child = spawn('/bin/sh', command === undefined ? [] : ['-c', command], {
      cwd: this.#directory,
      env: this.#environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    child.stdin.on('error', () => undefined);
    if (stdin === undefined) channel.pipe(child.stdin);
    else child.stdin.end(stdin);
    forward(child.stdout, channel);
    forward(child.stderr, channel.stderr);
    return new Promise((resolve) => {
      child.once('error', () => {
        this.#running.delete(child);
        end(channel, 127, null);
        resolve();
      });
      child.once('close', (code, signal) => {
        this.#running.delete(child);
        end(channel, code, signal);
        resolve();
      });
    });
  }

  /** Ends everything that still runs, with all that it started. */
  killAll(): void {
    for (const { pid } of this.#running) {
      if (pid === undefined) continue;
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // it has just ended by itself
      }
    }
  }
}

/** Output of a command whose connection is gone is lost; the command goes on. */
function forward(from: NodeJS.ReadableStream, to: NodeJS.WritableStream): void {
  from.on('data', (chunk: Buffer) => {
    if (to.writable) to.write(chunk);
  });
}

function end(channel: ServerChannel, code: number | null, signal: NodeJS.Signals | null): void {
  if (!channel.writable) return;
  if (signal !== null) channel.exit(signal.replace(/^SIG/, ''), false, '');
  else channel.exit(code ?? 255);
  channel.end();
}
