import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { program, root, started } from './measure.js';
import { opensshConfig, withSimulation } from './simulation.js';

/**
 * Many attaches of different volumes, each a process, some at a time: none may be lost or wait for another volume.
 * @param volumes how many
 * @param atOnce how many run side by side
 */
export async function crowd(volumes, atOnce) {
  const ours = await withSimulation({ nodes: 4, volumes }, async ({ env }) => {
    const seconds = await inParallel(volumes, atOnce, (number) =>
      started(
        process.execPath,
        [program, 'attach', `vol-${number}`, nodeOf(number), '-q', '--lock-timeout', '0'],
        env,
      ),
    );
    const { stdout } = spawnSync(process.execPath, [program, 'list', '-o', 'name'], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    const attached = stdout.trim().split('\n').length;
    if (attached !== volumes) throw new Error(`${attached} of ${volumes} volumes are in the list`);
    return seconds;
  });
  const theirs = await withSimulation({ nodes: 4, volumes }, async (simulation) => {
    const config = opensshConfig(simulation);
    const script = path.join(root, 'bench/operator-attach.sh');
    return inParallel(volumes, atOnce, (number) =>
      started('sh', [script, config, `vol-${number}`, nodeOf(number)]),
    );
  });
  return {
    title: `${volumes} attaches of ${volumes} volumes, ${atOnce} at a time (\`--lock-timeout 0\`: one that met another's lock would fail)`,
    baseline: { what: '`bench/operator-attach.sh`', milliseconds: theirs * 1000, rate: volumes / theirs },
    rows: [
      {
        what: '`rdsctl attach`',
        milliseconds: ours * 1000,
        ratio: ours / theirs,
        limit: null,
        rate: volumes / ours,
      },
    ],
  };
}

function nodeOf(number) {
  return `node-${(number % 4) + 1}`;
}

/** Seconds for all of them. Every one has to succeed. */
async function inParallel(volumes, atOnce, run) {
  const begun = process.hrtime.bigint();
  let next = 1;
  const worker = async () => {
    while (next <= volumes) {
      const number = next;
      next += 1;
      const code = await run(number);
      if (code !== 0) throw new Error(`the attach of vol-${number} ended with ${code}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return Number(process.hrtime.bigint() - begun) / 1e9;
}
