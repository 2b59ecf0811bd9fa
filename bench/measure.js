import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';

/** The repository, and the program as users run it. */
export const root = path.dirname(import.meta.dirname);
export const program = path.join(root, 'bin/rdsctl');

/**
 * Laid over an environment. Node 20 loads all certificates at each start where NODE_EXTRA_CA_CERTS is set, used or not
 * (nodejs/node#40524; Node 24 does not): every call takes longer by the same time, and ratios look better for it.
 */
export const BARE = { NODE_EXTRA_CA_CERTS: undefined };
export const hasCertificates = (process.env.NODE_EXTRA_CA_CERTS ?? '') !== '';

/** Runs a command once and gives its wall time in milliseconds. Ends the benchmark when it fails. */
export function timed(command, args, env = {}) {
  const begun = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const milliseconds = Number(process.hrtime.bigint() - begun) / 1e6;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status}\n${stderr}`);
  return milliseconds;
}

/** Runs a command beside others; resolves with its exit code. */
export function started(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
    child.once('error', reject).once('exit', (code) => resolve(code ?? 1));
  });
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Times several commands in interleaved rounds, so that a machine that gets slower meets all of them alike.
 * @param cases name → function of the round's number that gives milliseconds
 * @returns name → median of all rounds but the first, which only warms up
 */
export function interleaved(cases, rounds) {
  const names = Object.keys(cases);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const milliseconds = cases[name](round);
      if (round > 0) times[name].push(milliseconds);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])]));
}
