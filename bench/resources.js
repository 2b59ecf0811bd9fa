import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { median, program, root } from './measure.js';

/**
 * One run of rdsctl, which must go well.
 * @param dir for a file
 * @returns what it printed, and what it took: wall time, processor time (both in milliseconds), memory (megabytes)
 */
export function measuredRun(dir, env, args) {
  const file = path.join(dir, 'resources.json');
  const tell = path.join(root, 'bench/tell-resources.cjs');
  const begun = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', tell, program, ...args], {
    env: { ...process.env, ...env, RESOURCES_FILE: file },
    encoding: 'utf8',
  });
  const milliseconds = Number(process.hrtime.bigint() - begun) / 1e6;
  if (status !== 0) throw new Error(`${args[0]}: exit ${status}\n${stdout}${stderr}`);
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(file, 'utf8'));
  return {
    stdout,
    milliseconds,
    processor: (userCPUTime + systemCPUTime) / 1000,
    megabytes: Math.ceil(maxRSS / 1024),
  };
}

/** A reconcile that must find nothing to do: the medians of some rounds, and the most memory. */
export function reconcileInSync(dir, env, rounds) {
  return combined(
    Array.from({ length: rounds }, () => {
      const run = measuredRun(dir, env, ['reconcile']);
      if (run.stdout !== '') throw new Error(`reconcile found something:\n${run.stdout}`);
      return run;
    }),
  );
}

/** The medians of several runs, and the most memory. */
export function combined(runs) {
  return {
    milliseconds: median(runs.map(({ milliseconds }) => milliseconds)),
    processor: median(runs.map(({ processor }) => processor)),
    megabytes: Math.max(...runs.map(({ megabytes }) => megabytes)),
  };
}
