import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCli } from '../../src/cli/run-cli.ts';
import { startSimulation, type Simulation, type SimulationOptions } from '../../src/simulator/simulation.ts';
import type { SimulatorEvent } from '../../src/simulator/events.ts';
import { openFileStore } from '../../src/state/file/file-store.ts';
import type { LockCare } from '../../src/state/lock-care.ts';
import type { StateStore } from '../../src/state/store.ts';
import type { State } from '../../src/state/state.ts';
import { type Finding, findingsOfEvents, unclaimed } from '../safety/findings.ts';
import { GroundTruth } from '../safety/ground-truth.ts';
import { Witness } from '../safety/told.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { expectParses } from './sent-lines.ts';
import { testIo, type IoOptions, type Running } from './test-io.ts';

/** One entry of a faults file. */
export type Fault = Readonly<Record<string, string | number>>;

export interface SceneOptions extends Omit<SimulationOptions, 'dir'> {
  /** Laid over the configuration that the simulation writes. */
  readonly config?: object;
  /** Volumes (rds/slot) on which two nodes are meant to have sessions: under --shared, or by hand. */
  readonly twoAllowed?: readonly string[];
  /** Volumes (rds/slot) that are connected by hand, beside the state. */
  readonly byHand?: readonly string[];
  /** A private key that every host lets in, instead of one for storage servers and one for nodes. */
  readonly loginKey?: string;
  /** Opens the state, where it is not in the scene's directory. */
  readonly openState?: () => StateStore & LockCare;
}

/** A storage server and nodes, and rdsctl to run against them. */
export interface Scene {
  readonly simulation: Simulation;
  readonly dir: string;
  readonly stateDir: string;
  /** Runs a command to its end. */
  run(...argv: string[]): Promise<Outcome>;
  /** Runs a command that a test builds on: it must succeed. */
  done(...argv: string[]): Promise<void>;
  /** Starts a command, to be watched or interrupted. */
  start(argv: readonly string[], io?: IoOptions): Running<Outcome>;
  /** Replaces the faults. */
  faults(...faults: Fault[]): Promise<void>;
  /** Changes the configuration. */
  configure(over: object): void;
  readConfig(): Record<string, unknown>;
  state(): Promise<State>;
  /** The bytes of the state file; null when there is none. */
  stateBytes(): string | null;
  audit(): Record<string, unknown>[];
  /** What happened since a point: `events.length` then. */
  events(since?: number): readonly SimulatorEvent[];
  truth(): GroundTruth;
  /** What the commands said so far. */
  readonly witness: Witness;
  /** Host NQNs with an open session. */
  sessions(volume: string, rds?: string): readonly string[];
  /** Runs a command on a storage server's console, as an operator would by hand. */
  console(line: string, rds?: string): Promise<string>;
  /** Puts a function between a storage server's console and what it sends back. */
  mangle(change: (answer: string, line: string) => string, rds?: string): void;
  /** Holds back the lines that match, until they are let go; `pass` holds back no more than it has by then. */
  hold(line: RegExp, rds?: string): { readonly reached: Promise<void>; letGo(): void; pass(): void };
  comment(volume: string, rds?: string): Promise<string>;
  /** Writes to a volume by hand on its console. */
  setDisk(volume: string, settings: string, rds?: string): Promise<void>;
  hostNqn(node: string): string;
}

/** Opens a scene for one test; afterwards what must hold after every test is checked. */
export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const { config, twoAllowed = [], byHand = [], loginKey, openState, ...rest } = options;
  const dir = mkdtempSync(join(tmpdir(), 'rdsctl-commands-'));
  putKeys(join(dir, 'keys'));
  if (loginKey !== undefined) putLoginKey(join(dir, 'keys'), loginKey);
  const simulation = await startSimulation({ nodes: 2, volumes: 2, timeScale: 20, ...rest, dir });
  keepKeys(join(dir, 'keys'));
  const stateDir = join(dir, 'state');
  const pending = new Set<Promise<unknown>>();
  const held: (() => void)[] = [];
  const witness = new Witness(() => simulation.events.all.length);

  const sent = linesSent(simulation);
  const look: Look = async (work) => {
    const store = openState?.() ?? fileStore(stateDir);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  const scene: Scene = {
    simulation,
    dir,
    stateDir,
    run: (...argv) => scene.start(argv).ended,
    async done(...argv) {
      const { code, stderr } = await scene.run(...argv);
      expect(code, `rdsctl ${argv.join(' ')}: ${stderr}`).toBe(0);
    },
    start(argv, io) {
      const running = testIo(dir, simulation.configPath, io, (cli) => runCli(argv, cli), outcomeOf);
      pending.add(running.ended);
      void running.ended.finally(() => pending.delete(running.ended));
      // A dry run says nothing of what is so, however it was asked for.
      const asked = io?.env?.['RDSCTL_DRY_RUN'] === undefined ? argv : [...argv, '--dry-run'];
      void witness.watch(asked, () => running.ended).catch(() => undefined);
      return running;
    },
    faults: (...faults) => simulation.faults.set(stringify(faults)),
    readConfig: () => parse(readFileSync(simulation.configPath, 'utf8')) as Record<string, unknown>,
    configure(over) {
      writeFileSync(simulation.configPath, stringify(merged(scene.readConfig(), over)));
    },
    state: () => look((store) => store.read()),
    stateBytes() {
      const file = join(stateDir, 'state.json');
      return existsSync(file) ? readFileSync(file, 'latin1') : null;
    },
    audit() {
      const file = join(stateDir, 'audit.jsonl');
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    events: (since = 0) => simulation.events.all.slice(since),
    witness,
    truth: () => new GroundTruth(simulation.events.all),
    sessions: (volume, rds = 'rds1') =>
      serverOf(simulation, rds)
        .target.openSessions(volume)
        .map(({ request }) => request.hostNqn),
    console: (line, rds = 'rds1') => serverOf(simulation, rds).device.exec(line),
    mangle(change, rds = 'rds1') {
      const { device } = serverOf(simulation, rds);
      const exec = device.exec.bind(device);
      device.exec = async (line, policies) => change(await exec(line, policies), line);
    },
    hold(match, rds = 'rds1') {
      const { device } = serverOf(simulation, rds);
      const exec = device.exec.bind(device);
      let reach = (): void => undefined;
      let letGo = (): void => undefined;
      const reached = new Promise<void>((resolve) => (reach = resolve));
      const free = new Promise<void>((resolve) => (letGo = resolve));
      held.push(letGo);
      let passing = false;
      device.exec = async (line, policies) => {
        if (!passing && match.test(line)) {
          reach();
          await free;
        }
        return exec(line, policies);
      };
      return { reached, letGo, pass: () => void (passing = true) };
    },
    async setDisk(volume, settings, rds = 'rds1') {
      const answer = await scene.console(`/disk set [find where slot="${volume}"] ${settings}`, rds);
      expect(answer).toBe('');
    },
    async comment(volume, rds = 'rds1') {
      const printed = await scene.console(`:put [/disk get [find where slot="${volume}"] comment]`, rds);
      return Buffer.from(printed.replace(/\r\n$/, ''), 'latin1').toString('utf8');
    },
    hostNqn: (node) => simulation.node(node).kernel.hostNqn,
  };
  if (config !== undefined) scene.configure(config);
  onTestFinished(async () => {
    try {
      await scene.faults();
      for (const letGo of held) letGo();
      await Promise.all(pending);
      await checkAfterwards(scene, look, twoAllowed, byHand);
      for (const line of sent) expectParses(line);
    } finally {
      await simulation.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });
  return scene;
}

/** Keys are slow to make: those of the first scene of a test file serve the others too. */
const keys = new Map<string, Buffer>();

function keepKeys(directory: string): void {
  for (const name of readdirSync(directory)) keys.set(name, readFileSync(join(directory, name)));
}

function putKeys(directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  for (const [name, bytes] of keys) writeFileSync(join(directory, name), bytes, { mode: 0o600 });
}

function putLoginKey(directory: string, key: string): void {
  for (const name of ['rdsctl', 'root']) {
    copyFileSync(key, join(directory, name));
    rmSync(join(directory, `${name}.pub`), { force: true });
  }
}

/** What must hold whatever a test did. */
async function checkAfterwards(
  scene: Scene,
  look: Look,
  twoAllowed: readonly string[],
  byHand: readonly string[],
): Promise<void> {
  const events = scene.events();
  const findings = findingsOfEvents({ events, told: scene.witness.told, twoAllowed });
  // A hand that connects a volume anew does not give the lie to what rdsctl said before.
  const isOurs = ({ law, volume }: Finding): boolean => law !== 'said otherwise' || !byHand.includes(volume);
  expect(findings.filter(isOurs)).toEqual([]);
  if (!existsSync(scene.stateDir)) return;
  let state: State;
  try {
    state = await scene.state();
  } catch {
    return; // the test damaged it
  }
  expect(unclaimed(events, state, byHand)).toEqual([]);
  expect(await look((store) => store.listLocks()), 'locks are left behind').toEqual([]);
}

/** Opens the state for a look. */
type Look = <T>(work: (store: StateStore & LockCare) => Promise<T>) => Promise<T>;

function fileStore(directory: string): StateStore & LockCare {
  return openFileStore({
    directory,
    backups: 3,
    stateLockTimeoutMs: 1000,
    holder: () => ({ who: 'test', host: 'test', pid: process.pid, command: 'test' }),
  });
}

/** Collects what comes to the storage servers over SSH: what a test types on their consoles has no policies. */
function linesSent(simulation: Simulation): ReadonlySet<string> {
  const lines = new Set<string>();
  for (const { device } of simulation.storageServers.values()) {
    const exec = device.exec.bind(device);
    device.exec = (line, policies, ...more) => {
      if (policies !== undefined) lines.add(line);
      return exec(line, policies, ...more);
    };
  }
  return lines;
}

function serverOf(simulation: Simulation, rds: string) {
  const server = simulation.storageServers.get(rds);
  if (server === undefined) throw new Error(`the simulation has no storage server ${rds}`);
  return server;
}

/** Objects are laid over each other key by key; null takes a key away; anything else replaces. */
function merged(base: unknown, over: unknown): unknown {
  if (!isRecord(base) || !isRecord(over)) return over;
  const out: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) Reflect.deleteProperty(out, key);
    else out[key] = merged(out[key], value);
  }
  return out;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
