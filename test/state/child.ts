import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { WorkerLine, WorkerOptions, WorkerRequest } from './worker-messages.ts';

/** Where a worker runs. */
export interface Surroundings {
  /** A host name of its own, in a UTS namespace of its own. */
  readonly hostname?: string;
  /** A small file system of its own, in bytes, mounted on this directory. */
  readonly smallDisk?: { readonly path: string; readonly bytes: number };
}

type Failed = Extract<WorkerLine, { type: 'failed' }>;

/** A worker process: see worker.ts. */
export class Child {
  readonly process: ChildProcess;
  readonly exited: Promise<NodeJS.Signals | number | null>;
  readonly #lines: WorkerLine[] = [];
  #arrived: () => void = () => undefined;
  #errors = '';

  private constructor(process: ChildProcess) {
    this.process = process;
    this.exited = new Promise((resolve) => {
      process.on('close', (code, signal) => {
        this.#arrived();
        resolve(signal ?? code);
      });
    });
    process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    if (process.stdout !== null)
      createInterface({ input: process.stdout }).on('line', (line) => {
        this.#lines.push(JSON.parse(line) as WorkerLine);
        this.#arrived();
      });
  }

  /** @throws Error that says why when the surroundings can't be made, as without root. */
  static async start(
    program: string,
    options: WorkerOptions,
    surroundings: Surroundings = {},
  ): Promise<Child> {
    const child = new Child(spawnIn(surroundings, [process.execPath, program, JSON.stringify(options)]));
    const first = await child.#next();
    if (first?.type !== 'ready')
      throw new Error(
        `the worker did not start; host names and mounts of its own need root: ${child.#errors}`,
      );
    return child;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** What it has printed that it should not have. */
  get errors(): string {
    return this.#errors;
  }

  send(request: WorkerRequest): void {
    this.process.stdin?.write(`${JSON.stringify(request)}\n`);
  }

  /** The answer's value. @throws Error when it failed. */
  async ask(request: WorkerRequest): Promise<unknown> {
    this.send(request);
    return this.answer();
  }

  async answer(): Promise<unknown> {
    const line = await this.#end();
    if (line.type === 'done') return line.value;
    throw new Error(`${line.reason}: ${line.message}`);
  }

  async askForFailure(request: WorkerRequest): Promise<Failed> {
    this.send(request);
    return this.failure();
  }

  async failure(): Promise<Failed> {
    const line = await this.#end();
    if (line.type === 'done') throw new Error('it did not fail');
    return line;
  }

  /** Returns when it tells that it waits for a lock. */
  async waiting(): Promise<void> {
    const line = await this.#next();
    if (line?.type !== 'waiting')
      throw new Error(`it does not wait: ${JSON.stringify(line)} ${this.#errors}`);
  }

  /** Returns when the kernel shows that it is stopped. */
  async stopped(): Promise<void> {
    while (!/^State:\tT/m.test(readFileSync(`/proc/${this.pid}/status`, 'latin1')))
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async stop(): Promise<void> {
    this.process.kill('SIGSTOP');
    await this.stopped();
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  /** Lets it end by itself. */
  async end(): Promise<NodeJS.Signals | number | null> {
    this.process.stdin?.end();
    return this.exited;
  }

  async #end(): Promise<Extract<WorkerLine, { type: 'done' | 'failed' }>> {
    for (;;) {
      const line = await this.#next();
      if (line === null) throw new Error(`it ended: ${String(await this.exited)} ${this.#errors}`);
      if (line.type === 'done' || line.type === 'failed') return line;
    }
  }

  async #next(): Promise<WorkerLine | null> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.process.exitCode !== null || this.process.signalCode !== null) return null;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }
}

function spawnIn({ hostname, smallDisk }: Surroundings, command: readonly string[]): ChildProcess {
  const stdio = ['pipe', 'pipe', 'pipe'] as const;
  const [program = '', ...rest] = command;
  if (hostname === undefined && smallDisk === undefined) return spawn(program, rest, { stdio: [...stdio] });
  const script: string[] = [];
  if (hostname !== undefined) script.push(`hostname ${hostname}`);
  if (smallDisk !== undefined)
    script.push(
      `mkdir -p ${smallDisk.path}`,
      `mount -t tmpfs -o size=${smallDisk.bytes} tmpfs ${smallDisk.path}`,
    );
  script.push('exec "$@"');
  return spawn('unshare', ['--uts', '--mount', 'sh', '-ec', script.join('; '), 'sh', ...command], {
    stdio: [...stdio],
  });
}
