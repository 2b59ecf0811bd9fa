import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { LOWEST_VERSION, parseVersion, schemaOf } from './routeros/device/versions.ts';
import { startSimulation, type Simulation, type SimulationOptions } from './simulation.ts';

/** Where `simulate` writes, and the environment of the command that it runs. */
export interface SimulateIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

export interface SimulateOptions extends SimulationOptions {
  /** A command to run with RDSCTL_CONFIG set; the simulation ends with it. */
  readonly command?: readonly string[];
}

/**
 * Runs a simulation until SIGTERM or SIGINT, or until the command ends; prints a line with `ready` when
 * everything answers (to stderr when a command runs: stdout is the command's). The exit code is the command's.
 */
export async function runSimulate(options: SimulateOptions, io: SimulateIo): Promise<number> {
  checkVersion(options.routeros);
  const simulation = await start(options, io);
  const { command = [] } = options;
  const say = command.length === 0 ? io.out : io.err;
  const { nodes, storageServers, configPath } = simulation;
  say(
    `ready: ${storageServers.size} storage server(s) and ${nodes.size} node(s) on loopback; ` +
      `RDSCTL_CONFIG=${configPath}\n`,
  );
  try {
    if (command.length === 0) return await untilStopped();
    return await runCommand(command, { ...io.env, RDSCTL_CONFIG: configPath }, io.err);
  } finally {
    await simulation.close();
  }
}

async function start(options: SimulateOptions, io: SimulateIo): Promise<Simulation> {
  try {
    return await startSimulation({ ...options, complain: (line) => io.err(`${line}\n`) });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new RdsctlError('LOCAL_IO', {
      message: `the simulation can not start: ${error.message}`,
      now: 'Nothing was started.',
      details: { dir: options.dir },
      cause: error,
    });
  }
}

function checkVersion(text: string | undefined): void {
  if (text === undefined) return;
  const version = parseVersion(text);
  if (version !== undefined && schemaOf(version) !== undefined) return;
  throw new RdsctlError('BAD_ARGUMENT', {
    message: `RouterOS "${text}" can not be simulated: ${LOWEST_VERSION} and newer can`,
    now: 'Nothing was started.',
  });
}

function untilStopped(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => resolve(0));
    }
  });
}

/** Signals go on to the command: it decides when the simulation ends. */
function runCommand(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  complain: (text: string) => void,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: 'inherit' });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on('SIGTERM', pass);
    // A terminal sends SIGINT to the command by itself; staying alive until it ends is all there is to do.
    process.on('SIGINT', ignore);
    const done = (code: number): void => {
      process.off('SIGTERM', pass);
      process.off('SIGINT', ignore);
      resolve(code);
    };
    child.once('error', (error) => {
      complain(`simulate: can not run ${program}: ${error.message}\n`);
      done('code' in error && error.code === 'ENOENT' ? 127 : 126);
    });
    child.once('exit', (code, signal) =>
      done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

function ignore(): void {
  // nothing: see above
}
