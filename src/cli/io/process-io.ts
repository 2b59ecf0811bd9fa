import { fstatSync, writeSync } from 'node:fs';
import type { CliIo, EndSignal, TextInput, TextOutput } from './cli-io.ts';

const SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM'];

/** The process's own streams and surroundings. */
export async function processIo(exitNow: (code: number) => void): Promise<CliIo> {
  return {
    stdout: openOutput(1, () => process.stdout),
    stderr: openOutput(2, () => process.stderr),
    stdin: processInput(),
    env: process.env,
    cwd: process.cwd(),
    home: process.env['HOME'] ?? (await import('node:os')).homedir(),
    uid: process.getuid?.() ?? 0,
    now: () => new Date(),
    onSignal(listener) {
      for (const signal of SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of SIGNALS) process.off(signal, listener);
      };
    },
    onContinued(listener) {
      process.on('SIGCONT', listener);
      return () => process.off('SIGCONT', listener);
    },
    exitNow,
  };
}

/**
 * An output of the process. What isn't a terminal is written to directly: Node's stream for it costs
 * several milliseconds to set up and writes synchronously too.
 */
function openOutput(fd: 1 | 2, stream: () => NodeJS.WriteStream): TextOutput {
  if (mayBeTerminal(fd)) return streamOutput(stream());
  let gone = false;
  return {
    isTTY: false,
    columns: undefined,
    get gone() {
      return gone;
    },
    write(text) {
      if (gone) return Promise.resolve();
      try {
        writeAll(fd, Buffer.from(text));
      } catch (error) {
        // Nobody can be told of a stderr that can't be written.
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE' && fd === 1) {
          return Promise.reject(error instanceof Error ? error : new Error(String(error)));
        }
        gone = true;
      }
      return Promise.resolve();
    },
  };
}

/** Terminals are character devices; those of major number 1 are memory devices such as /dev/null. */
function mayBeTerminal(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    return status.isCharacterDevice() && status.rdev >> 8 !== 1;
  } catch {
    return false;
  }
}

/** Writes all of it, however little the kernel takes at a time. */
function writeAll(fd: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // A pipe that somebody made non-blocking and that is full: let its reader read.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function streamOutput(stream: NodeJS.WriteStream): TextOutput {
  let failed: NodeJS.ErrnoException | null = null;
  stream.on('error', (error: NodeJS.ErrnoException) => (failed = error));
  return {
    // Undefined, whatever its type says, where it is no terminal.
    isTTY: (stream as { readonly isTTY?: boolean }).isTTY === true,
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
    get rows() {
      return stream.isTTY ? stream.rows : undefined;
    },
    get gone() {
      return failed !== null;
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        if (failed !== null) {
          resolve();
          return;
        }
        stream.write(text, (error) => {
          const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
          if (error === null || error === undefined || code === 'EPIPE' || code === 'EIO') resolve();
          else reject(error);
        });
      }),
  };
}

function processInput(): TextInput {
  let lines: Lines | null = null;
  return {
    get isTTY() {
      return mayBeTerminal(0) && process.stdin.isTTY;
    },
    async readAll(signal) {
      const { addAbortSignal } = await import('node:stream');
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of addAbortSignal(signal, process.stdin))
          chunks.push(Buffer.from(chunk as Buffer));
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      }
      return Buffer.concat(chunks);
    },
    async readLine(signal) {
      lines ??= await openLines();
      return lines.next(signal);
    },
  };
}

/** Lines of standard input, one at a time. */
interface Lines {
  next(signal: AbortSignal): Promise<string | null>;
}

/** Opened once: lines that were typed ahead, or pasted, wait for their questions. */
async function openLines(): Promise<Lines> {
  const { createInterface } = await import('node:readline');
  const reader = createInterface({ input: process.stdin, terminal: false });
  const ahead: string[] = [];
  let closed = false;
  let waiting: ((line: string | null) => void) | null = null;
  reader.on('line', (line) => {
    if (waiting === null) ahead.push(line);
    else waiting(line);
  });
  reader.on('close', () => {
    closed = true;
    waiting?.(null);
  });
  return {
    next(signal) {
      const line = ahead.shift();
      if (line !== undefined || closed) return Promise.resolve(line ?? null);
      return new Promise((resolve, reject) => {
        const stop = (): void => {
          waiting = null;
          reject(signal.reason as Error);
        };
        waiting = (answer) => {
          waiting = null;
          signal.removeEventListener('abort', stop);
          resolve(answer);
        };
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      });
    },
  };
}
