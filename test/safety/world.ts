import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Probes } from '../../src/cli/io/probes.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import type { SimulatorEvent } from '../../src/simulator/events.ts';
import { startSimulation, type Simulation } from '../../src/simulator/simulation.ts';
import { EMPTY_STATE, type State } from '../../src/state/state.ts';
import { readStateFile } from '../../src/state/file/read.ts';
import { outcomeOf, type Outcome } from '../commands/outcome.ts';
import { testIo, type IoOptions, type Running } from '../commands/test-io.ts';
import type { Bundle } from '../state/bundle.ts';
import type { ChildPlan, Point } from './child.ts';
import { findingsOfEvents, notSo, unclaimed, type Finding } from './findings.ts';
import { Witness } from './told.ts';

export type Fault = Readonly<Record<string, string | number>>;

/** How a process ended: its outcome, or the signal that killed it. */
export type ProcessEnd = Outcome | { readonly killed: NodeJS.Signals };

/** A run of the CLI as a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  /** Resolves when the kernel shows that it is stopped. @throws Error when it ends instead */
  stopped(): Promise<void>;
  /** Lets it go on after a stop. */
  wake(): void;
}

/**
 * A simulation that lives through many rounds, with commands run in this process or in processes of their own
 * (child.ts), and everything that they said written down. Unlike a scene it is closed by whoever opened it.
 */
export class World {
  readonly simulation: Simulation;
  readonly witness: Witness;
  readonly #program: Bundle;

  private constructor(simulation: Simulation, program: Bundle) {
    this.simulation = simulation;
    this.#program = program;
    this.witness = new Witness(() => simulation.events.all.length);
  }

  static async open(program: Bundle): Promise<World> {
    const dir = mkdtempSync(join(tmpdir(), 'rdsctl-safety-'));
    return new World(await startSimulation({ dir, nodes: 2, volumes: 2, timeScale: 20 }), program);
  }

  get stateDir(): string {
    return join(this.simulation.dir, 'state');
  }

  get events(): readonly SimulatorEvent[] {
    return this.simulation.events.all;
  }

  async close(): Promise<void> {
    await this.simulation.close();
    rmSync(this.simulation.dir, { recursive: true, force: true });
  }

  state(directory: string = this.stateDir): State {
    return readStateFile(directory)?.state ?? EMPTY_STATE;
  }

  /** Another admin host's copy of the state, as it is now. */
  copyState(): string {
    const copy = mkdtempSync(join(this.simulation.dir, 'copy-'));
    cpSync(this.stateDir, copy, { recursive: true, verbatimSymlinks: true });
    rmSync(join(copy, 'locks'), { recursive: true, force: true });
    return copy;
  }

  faults(...faults: Fault[]): Promise<void> {
    return this.simulation.faults.set(stringify(faults));
  }

  /** Runs a command in this process. */
  run(...argv: string[]): Promise<Outcome> {
    return this.start(argv).ended;
  }

  /** The same, to be watched, interrupted or probed. */
  start(argv: readonly string[], options: IoOptions = {}, probes: Probes = {}): Running<Outcome> {
    const { dir, configPath } = this.simulation;
    const running = testIo(dir, configPath, options, (io) => runCli(argv, { ...io, probes }), outcomeOf);
    void this.witness.watch(argv, () => running.ended).catch(() => undefined);
    return running;
  }

  /** Runs a command that must succeed. @throws Error */
  async must(...argv: string[]): Promise<Outcome> {
    const outcome = await this.run(...argv);
    if (outcome.code !== 0) throw new Error(`${argv.join(' ')}: exit ${outcome.code}\n${outcome.stderr}`);
    return outcome;
  }

  /** Runs a command as a process of its own. @param within a command that runs it, such as unshare */
  spawn(plan: ChildPlan, within: readonly string[] = [], program: Bundle = this.#program): Child {
    const self = [process.execPath, program.path, JSON.stringify(plan)];
    const [first = '', ...rest] = [...within, ...self];
    const child = spawn(first, rest, {
      cwd: this.simulation.dir,
      env: {
        PATH: process.env['PATH'],
        HOME: this.simulation.dir,
        RDSCTL_CONFIG: this.simulation.configPath,
        NODE_COMPILE_CACHE: join(program.path, '../compiled'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const closed = new Promise<ProcessEnd>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve(signal === null ? outcomeOf(code ?? -1, stdout, stderr) : { killed: signal });
      });
    });
    const said = this.witness.watch(plan.argv, async () => {
      const end = await closed;
      return 'killed' in end ? null : end;
    });
    const ended = said.then(() => closed);
    return {
      process: child,
      ended,
      stopped: () => Promise.race([whenStopped(child), ended.then(notStopped)]),
      wake: () => void child.kill('SIGCONT'),
    };
  }

  /** A command's points, in order; the command is run by it, and must succeed. */
  async points(argv: readonly string[]): Promise<readonly Point[]> {
    const file = join(this.simulation.dir, 'points');
    rmSync(file, { force: true });
    const end = await this.spawn({ argv, points: file }).ended;
    if ('killed' in end || end.code !== 0)
      throw new Error(`${argv.join(' ')}: ${'killed' in end ? end.killed : end.stderr}`);
    const seen = new Map<string, number>();
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((label) => {
        const nth = (seen.get(label) ?? 0) + 1;
        seen.set(label, nth);
        return { label, nth };
      });
  }

  /** Which laws do not hold now; to be asked when no command runs. @param state the one that counts */
  findings(state: State = this.state()): Finding[] {
    const { events } = this;
    return [
      ...findingsOfEvents({ events, told: this.witness.told }),
      ...unclaimed(events, state),
      ...notSo(events, state),
    ];
  }

  /** Files below the state directory that a command that ended, and the next commit, should not leave. */
  leftovers(): string[] {
    if (!existsSync(this.stateDir)) return [];
    return readdirSync(this.stateDir, { recursive: true, encoding: 'utf8' }).filter(
      (name) =>
        !/^(state\.json|lineage|audit\.jsonl(\.\d+)?|backups|locks|backups\/state-\d+\.json)$/.test(name),
    );
  }
}

async function whenStopped({ pid = 0, exitCode, signalCode }: ChildProcess): Promise<void> {
  while (exitCode === null && signalCode === null) {
    let status: string;
    try {
      status = readFileSync(`/proc/${pid}/status`, 'latin1');
    } catch {
      // It has ended, which the other side of the race tells.
      return new Promise(() => undefined);
    }
    if (/^State:\tT/m.test(status)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function notStopped(end: ProcessEnd): never {
  throw new Error(`it ended before it was stopped: ${'killed' in end ? end.killed : end.stderr}`);
}
