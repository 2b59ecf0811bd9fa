import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parse } from 'yaml';
import type { Clock } from './clock.ts';
import type { SshExec, Welcome } from './ssh/ssh-server.ts';

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m)?$/;
/** How often the file is looked at. Before anything that a fault may concern it is looked at anyway. */
const POLL_MS = 50;
const UNITS = { ms: 1, s: 1000, m: 60_000 } as const;

const Regex = v.pipe(
  v.string(),
  v.check((text) => compiles(text), 'not a regular expression'),
);
const Duration = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform(String),
  v.regex(DURATION, 'not a duration such as 3s'),
  v.transform(milliseconds),
);
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

const FaultSchema = v.strictObject({
  at: v.string(),
  when: v.optional(v.picklist(['connect', 'exec'])),
  match: v.optional(Regex),
  skip: v.optional(Count, 0),
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  do: v.picklist(['refuse', 'hang', 'drop-before', 'drop-after', 'delay', 'reply', 'node-down', 'node-up']),
  delay: v.optional(Duration, '3s'),
  reply: v.optional(v.string(), ''),
  exit: v.optional(Count, 0),
  power: v.optional(v.picklist(['on', 'off']), 'on'),
});

/** One entry of a faults file. */
type Fault = v.InferOutput<typeof FaultSchema>;

interface Active {
  readonly fault: Fault;
  seen: number;
}

/** Switches a node off and on. */
export interface NodeSwitch {
  down(node: string, power: 'on' | 'off'): Promise<void>;
  up(node: string): Promise<void>;
}

/** The faults as one server asks for them. */
export interface ExecFaults {
  onConnect(): Promise<Welcome> | Welcome;
  /** Whether a fault may depend on what the command reads. */
  wantsInput(command: string | undefined): Promise<boolean>;
  /** Runs the command, or what a fault makes of it. */
  onExec(exec: SshExec, input: string, run: () => Promise<void>): Promise<void>;
}

/** What goes wrong in a simulation: a list that tests and operators change while it runs. */
export class Faults {
  readonly #clock: Clock;
  readonly #complain: (line: string) => void;
  readonly #switch: NodeSwitch;
  #active: Active[] = [];
  #file: string | undefined;
  #text = '';
  #poll: NodeJS.Timeout | undefined;

  constructor(clock: Clock, nodes: NodeSwitch, complain: (line: string) => void) {
    this.#clock = clock;
    this.#switch = nodes;
    this.#complain = complain;
  }

  /** Reads a file, now and whenever it changes. One that is not valid leaves the last good one in force. */
  async follow(file: string): Promise<void> {
    this.#file = file;
    this.#poll = setInterval(() => void this.reread(), POLL_MS);
    await this.reread();
  }

  /** Looks at the file again, if its content is another. */
  async reread(): Promise<void> {
    if (this.#file === undefined) return;
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      text = '';
    }
    if (text === this.#text) return;
    this.#text = text;
    await this.set(text);
  }

  /** Takes YAML text. An entry that was there before keeps its count. */
  async set(text: string): Promise<void> {
    let faults: Fault[];
    try {
      faults = v.parse(v.nullish(v.array(FaultSchema), []), parse(text));
    } catch (error) {
      const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
      this.#complain(`simulate: the faults file is not valid and was not taken: ${why ?? ''}`);
      return;
    }
    const before = [...this.#active];
    const fresh: Active[] = [];
    this.#active = faults.map((fault) => {
      const at = before.findIndex((each) => JSON.stringify(each.fault) === JSON.stringify(fault));
      const kept = at < 0 ? undefined : before.splice(at, 1)[0];
      const active = kept ?? { fault, seen: 0 };
      if (kept === undefined) fresh.push(active);
      return active;
    });
    for (const { fault } of fresh) {
      if (fault.when !== undefined) continue;
      if (fault.do === 'node-down') await this.#switch.down(fault.at, fault.power);
      else if (fault.do === 'node-up') await this.#switch.up(fault.at);
    }
  }

  close(): void {
    clearInterval(this.#poll);
  }

  /** The faults of one server or node. */
  at(name: string): ExecFaults {
    return {
      onConnect: () => this.#onConnect(name),
      wantsInput: (command) => this.#wantsInput(name, command),
      onExec: (exec, input, run) => this.#onExec(name, exec, input, run),
    };
  }

  async #onConnect(name: string): Promise<Welcome> {
    await this.reread();
    const fault = this.#take(name, 'connect', '');
    switch (fault?.do) {
      case undefined:
        return 'serve';
      case 'hang':
        return 'silence';
      case 'delay':
        await this.#sleep(fault.delay);
        return 'serve';
      case 'node-up':
        await this.#switch.up(name);
        return 'serve';
      case 'node-down':
        await this.#switch.down(name, fault.power);
        return 'silence';
      case 'refuse':
      case 'drop-before':
      case 'drop-after':
      case 'reply':
        return 'refuse';
    }
  }

  async #wantsInput(name: string, command: string | undefined): Promise<boolean> {
    await this.reread();
    if (command === undefined || !/\bsh\b/.test(command)) return false;
    return this.#active.some(
      ({ fault }) => fault.at === name && fault.when !== 'connect' && fault.match !== undefined,
    );
  }

  async #onExec(name: string, exec: SshExec, input: string, run: () => Promise<void>): Promise<void> {
    await this.reread();
    const fault = this.#take(name, 'exec', `${exec.command ?? ''}\n${input}`);
    switch (fault?.do) {
      case undefined:
        return run();
      case 'refuse':
      case 'drop-before':
        exec.drop();
        return;
      case 'hang':
        return;
      case 'drop-after':
        await this.#runUnheard(exec, run);
        exec.drop();
        return;
      case 'delay':
        await this.#sleep(fault.delay);
        return run();
      case 'reply':
        exec.channel.write(fault.reply);
        exec.channel.exit(fault.exit);
        exec.channel.end();
        return;
      case 'node-down':
        return this.#switch.down(name, fault.power);
      case 'node-up':
        await this.#switch.up(name);
        return run();
    }
  }

  /** The command takes effect; its answer gets lost. */
  async #runUnheard(exec: SshExec, run: () => Promise<void>): Promise<void> {
    const { channel } = exec;
    const unheard = (): boolean => true;
    Object.assign(channel, { write: unheard, exit: unheard, end: unheard });
    Object.assign(channel.stderr, { write: unheard });
    await run();
  }

  #take(name: string, when: 'connect' | 'exec', text: string): Fault | undefined {
    for (const active of this.#active) {
      const { fault } = active;
      if (fault.at !== name || !concerns(fault, when)) continue;
      if (fault.match !== undefined && !new RegExp(fault.match).test(text)) continue;
      active.seen += 1;
      if (active.seen <= fault.skip) continue;
      if (fault.times !== undefined && active.seen > fault.skip + fault.times) continue;
      return fault;
    }
    return undefined;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve));
  }
}

/** An entry without `when` is about commands, unless it switches a node: that was done at once. */
function concerns(fault: Fault, when: 'connect' | 'exec'): boolean {
  if (fault.when !== undefined) return fault.when === when;
  return when === 'exec' && fault.do !== 'node-down' && fault.do !== 'node-up';
}

function compiles(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function milliseconds(text: string): number {
  const match = DURATION.exec(text);
  const unit = (match?.[2] ?? 's') as keyof typeof UNITS;
  return Number(match?.[1] ?? 0) * UNITS[unit];
}
