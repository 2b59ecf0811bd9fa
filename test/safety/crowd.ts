import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { outcomeOf, type Outcome } from '../commands/outcome.ts';
import { historiesOf } from './crowd-history.ts';
import { inDirectory, type CrowdPlace } from './crowd-place.ts';
import { planCrowd, type CrowdCommand, type CrowdSize } from './crowd-plan.ts';
import { findingsOfEvents, notSo, unclaimed } from './findings.ts';
import { readEvents } from './ground-truth.ts';
import { checkHistory } from './linearizable.ts';
import type { Told } from './told.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/rdsctl', import.meta.url));

/** A command of the crowd as it went. Times are milliseconds of this process's clock that only grows. */
export interface Went {
  readonly argv: readonly string[];
  readonly start: number;
  readonly end: number;
  /** Null: it was killed. */
  readonly outcome: Outcome | null;
}

/**
 * A crowd of real processes on one simulated world: random commands, faults and kills. Afterwards everything is
 * held against the ground truth, and has to come clean.
 * @param open where the state is kept
 * @returns what does not hold; empty when all is well
 */
export async function crowd(
  seed: number,
  size: CrowdSize,
  open: (dir: string) => Promise<CrowdPlace> = inDirectory,
): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'rdsctl-crowd-'));
  const simulator = await simulate(dir, size);
  let place: CrowdPlace | null = null;
  try {
    place = await open(dir);
    const run = runner(dir, place);
    const plan = planCrowd(seed, size);
    const went = await rush(plan, size, dir, run, place);
    writeFileSync(join(dir, 'faults.yaml'), '');
    await place.calm();
    const findings = verdicts(dir, went, run.told, size);
    const after = await comeClean(run, size);
    findings.push(...after, ...(await verdictsAtEnd(dir, run.told, place)));
    return [...new Set(findings)];
  } finally {
    await ended(simulator, 'SIGTERM');
    await place?.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

type Runner = ReturnType<typeof runner>;

function runner(dir: string, place: CrowdPlace) {
  const told: Told[] = [];
  let count = 0;
  const eventsFile = join(dir, 'events.jsonl');
  const now = (): number => readFileSync(eventsFile, 'latin1').split('\n').length - 1;
  const run = async (argv: readonly string[], killAfterMs: number | null = null): Promise<Went> => {
    const began = now();
    const start = performance.now();
    const { wrapper, env, stop } = place.host(count++);
    const [command = '', ...args] = [...wrapper, process.execPath, PROGRAM, ...argv];
    const child = spawn(command, [...args, '-o', 'json', '--lock-timeout', '60s'], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const timer = killAfterMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    const stopped = stop === null ? undefined : setTimeout(() => child.kill('SIGSTOP'), stop.afterMs);
    const woken = stop === null ? undefined : setTimeout(() => child.kill('SIGCONT'), stop.untilMs);
    const code = await closed(child);
    for (const each of [timer, stopped, woken]) clearTimeout(each);
    const end = performance.now();
    told.push({ argv, began, ended: now(), code });
    return { argv, start, end, outcome: code === null ? null : outcomeOf(code, stdout, stderr) };
  };
  return Object.assign(run, { told });
}

/** So many at once until all have run; the faults change on the way. */
async function rush(
  plan: readonly CrowdCommand[],
  size: CrowdSize,
  dir: string,
  run: Runner,
  place: CrowdPlace,
): Promise<Went[]> {
  const went: Went[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let command = plan[next++]; command !== undefined; command = plan[next++]) {
      if (command.faults !== null) writeFileSync(join(dir, 'faults.yaml'), stringify(command.faults));
      place.trouble(next);
      went.push(await run(command.argv, command.killAfterMs));
    }
  };
  await Promise.all(Array.from({ length: size.atOnce }, worker));
  return went;
}

function verdicts(dir: string, went: readonly Went[], told: readonly Told[], size: CrowdSize): string[] {
  const findings: string[] = [];
  for (const { argv, outcome } of went) {
    if (outcome?.code === 1 || outcome?.code === 2) {
      findings.push(`${argv.join(' ')}: exit ${outcome.code}: ${outcome.stderr}`);
    }
  }
  const { histories, torn } = historiesOf(went, size);
  findings.push(...torn);
  for (const [volume, history] of histories) {
    const verdict = checkHistory(history);
    if (!verdict.linearizable) {
      findings.push(
        `${volume} is not linearizable: after ${verdict.explained.join(', ')} none of these can be: ${verdict.stuck.join(', ')}`,
      );
    }
  }
  const events = readEvents(join(dir, 'events.jsonl'));
  for (const { law, volume, what } of findingsOfEvents({ events, told }))
    findings.push(`${law}: ${volume}: ${what}`);
  return findings;
}

/** Faults are gone: reconcile, lift the fences, and everything is in sync and whole. */
async function comeClean(run: Runner, size: CrowdSize): Promise<string[]> {
  const findings: string[] = [];
  const must = async (...argv: string[]): Promise<void> => {
    const { outcome } = await run(argv);
    if (outcome?.code !== 0) {
      findings.push(
        `at the end: ${argv.join(' ')}: exit ${outcome?.code ?? 'killed'}: ${outcome?.stderr ?? ''}${outcome?.stdout ?? ''}`,
      );
    }
  };
  await run(['reconcile']);
  for (let node = 1; node <= size.nodes; node += 1) {
    await must('fence', `node-${node}`, '--yes');
    await must('unfence', `node-${node}`);
  }
  await must('reconcile');
  await must('reconcile', '--dry-run');
  return findings;
}

async function verdictsAtEnd(dir: string, told: readonly Told[], place: CrowdPlace): Promise<string[]> {
  const state = await place.state();
  const events = readEvents(join(dir, 'events.jsonl'));
  const laws = [...findingsOfEvents({ events, told }), ...unclaimed(events, state), ...notSo(events, state)];
  return [
    ...laws.map(({ law, volume, what }) => `${law}: ${volume}: ${what}`),
    ...(await place.leftBehind()).map((name) => `left behind: ${name}`),
  ];
}

async function simulate(dir: string, size: CrowdSize): Promise<ChildProcess> {
  writeFileSync(join(dir, 'faults.yaml'), '');
  const args = ['--nodes', String(size.nodes), '--volumes', String(size.volumes)];
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      'simulate',
      '--dir',
      dir,
      ...args,
      '--events',
      join(dir, 'events.jsonl'),
      '--faults',
      join(dir, 'faults.yaml'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('ready')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`simulate ended with ${String(code)}`)));
  });
  return child;
}

function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
