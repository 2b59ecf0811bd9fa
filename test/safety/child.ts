import { appendFileSync } from 'node:fs';
import { armExit, leave } from '../../src/cli/exit.ts';
import type { Probes } from '../../src/cli/io/probes.ts';
import { processIo } from '../../src/cli/io/process-io.ts';
import { runCli } from '../../src/cli/run-cli.ts';

/** A point of a run: the so-many-th, from 1, of those with that label. */
export interface Point {
  readonly label: string;
  readonly nth: number;
}

/** What a run of the CLI as a process of its own is to do beside its command. */
export interface ChildPlan {
  readonly argv: readonly string[];
  /** File to which each point is written, a line each, when it is reached. */
  readonly points?: string;
  /** Where it sends itself the signal (SIGKILL), and again at the very next point, if it is to come twice. */
  readonly at?: Point;
  readonly signal?: NodeJS.Signals;
  readonly twice?: boolean;
  readonly staleMs?: number;
}

/**
 * The program with its points counted: every step of the state store, and every command to a host before it is
 * sent and when it was answered. Everything else is as in `rdsctl` itself.
 */
const plan = JSON.parse(process.argv[2] ?? '{}') as ChildPlan;
const { at, signal = 'SIGKILL' } = plan;
let left = at?.nth ?? 0;
let sent = 0;

function pass(label: string): void | Promise<void> {
  if (plan.points !== undefined) appendFileSync(plan.points, `${label}\n`);
  if (sent === 0 && label === at?.label) left -= 1;
  const isDue = sent === 0 ? label === at?.label && left === 0 : sent === 1 && plan.twice === true;
  if (!isDue) return;
  sent += 1;
  process.kill(process.pid, signal);
  // The second one is to end it: it gets no further than this.
  if (sent === 2) return new Promise(() => undefined);
}

const probes: Probes = {
  state: { at: (point) => pass(`state ${point}`) },
  remote: (point, host) => pass(`${host} ${point}`),
  ...(plan.staleMs === undefined ? {} : { staleMs: plan.staleMs }),
};

armExit();
const io = { ...(await processIo(leave)), probes };
leave(await runCli(plan.argv, io));
