import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuestShell, type CommandOptions, type CommandResult } from './guest-shell.ts';
import { clockMark, KernelLog } from './kernel-log.ts';
import { cardId, qemuArguments, type MachinePlan } from './machine-plan.ts';
import { NetworkLink } from './network-link.ts';
import { qmp } from './qmp.ts';

const bootLimitMs = 240_000;

/** A virtual machine of the lab. It can't outlive the process that booted it. */
export class Machine {
  readonly name: string;
  /** its address on the storage network */
  readonly address: string;
  readonly log: KernelLog;
  readonly #plan: MachinePlan;
  readonly #monitor: string;
  readonly #links: ReadonlyMap<string, NetworkLink>;
  readonly #shell: GuestShell;
  #process: ChildProcess | undefined;

  constructor(plan: MachinePlan) {
    this.name = plan.name;
    this.address = plan.address;
    this.#plan = plan;
    this.#monitor = this.#file('monitor');
    this.log = new KernelLog(this.#file('kernel-log'));
    this.#links = new Map(
      plan.cards.map(cardId).map((id) => [id, new NetworkLink(this.#monitor, id, () => this.running)]),
    );
    this.#shell = new GuestShell(plan.name, portOf(plan, 'harness'));
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  /** Powers it on; resolves when it can be logged in to. */
  async boot(): Promise<void> {
    if (this.#process) throw new Error(`${this.name} runs already`);
    const logged = this.log.end();
    rmSync(this.#monitor, { force: true });
    const started = this.#start();
    const limit = Date.now() + bootLimitMs;
    await this.#renewLinks(started, limit);
    while (!this.log.has('lab-ready', logged)) {
      if (hasEnded(started)) throw new Error(`${this.name} ended while it booted${this.#lastWords()}`);
      if (Date.now() > limit) throw new Error(`${this.name} doesn't come up${this.#lastWords()}`);
      await sleep(50);
    }
    await this.syncLog();
  }

  #start(): ChildProcess {
    const errors = openSync(this.#file('errors'), 'a');
    const { args, command } = this.#commandLine();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', errors] });
    closeSync(errors);
    child.unref();
    const forget = (): void => {
      if (this.#process === child) this.#process = undefined;
    };
    child.once('exit', forget).once('error', forget);
    this.#process = child;
    return child;
  }

  /** The kernel kills QEMU when this process ends, in whatever way. */
  #commandLine(): { command: string; args: string[] } {
    const args = qemuArguments(this.#plan, this.#monitor, this.#file('console'), this.log.file);
    return { command: 'setpriv', args: ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args] };
  }

  /** Long before the guest has found its cards. */
  async #renewLinks(started: ChildProcess, limit: number): Promise<void> {
    while (!existsSync(this.#monitor) && !hasEnded(started) && Date.now() < limit) await sleep(10);
    for (const link of this.#links.values()) if (link.dropping) await link.renew();
  }

  /** Off at once; disks keep what had reached them. */
  async powerCut(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    await this.#shell.disconnect();
    if (!child || hasEnded(child)) return;
    const exited = once(child, 'exit');
    child.ref();
    child.kill('SIGKILL');
    await exited;
  }

  /** Frozen: its CPU and its clock stand still. */
  async pause(): Promise<void> {
    await qmp(this.#monitor, 'stop');
  }

  async resume(): Promise<void> {
    await qmp(this.#monitor, 'cont');
  }

  /** A command of QEMU's own console, for what its monitor has no command for. */
  protected async console(command: string): Promise<void> {
    await qmp(this.#monitor, 'human-monitor-command', { 'command-line': command });
  }

  /** As root, by a way of its own that no dropped link closes. */
  run(command: string, options?: CommandOptions): Promise<CommandResult> {
    return this.#shell.run(command, options);
  }

  /** Like `run`, for what can't fail: the output, without the line end. */
  async read(command: string, options?: CommandOptions): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, options);
    if (code !== 0) throw new Error(`${this.name}: ${command}: exit ${code}: ${stderr}${stdout}`);
    return stdout.trimEnd();
  }

  /** Waits until all that the kernel has logged so far is in the log's file. */
  async syncLog(): Promise<void> {
    const mark = clockMark();
    await this.read(`echo '${mark}' >/dev/kmsg`);
    const limit = Date.now() + 10_000;
    while (!this.log.has(mark)) {
      if (Date.now() > limit) throw new Error(`${this.name}: the kernel log doesn't come through`);
      await sleep(10);
    }
  }

  link(id: string): NetworkLink {
    const link = this.#links.get(id);
    if (!link) throw new Error(`${this.name} has no link ${id}`);
    return link;
  }

  #file(what: string): string {
    return join(this.#plan.folder, `${this.#plan.name}.${what}`);
  }

  #lastWords(): string {
    const files = [this.#file('errors'), this.#file('console')];
    const texts = files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : ''));
    return texts.map((text) => (text === '' ? '' : `\n${text.split('\n').slice(-15).join('\n')}`)).join('');
  }
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

export function portOf({ name, cards }: MachinePlan, kind: 'management' | 'harness'): number {
  const card = cards.find((each) => each.kind === kind);
  if (card?.kind !== kind) throw new Error(`${name} has no ${kind} card`);
  return card.port;
}
