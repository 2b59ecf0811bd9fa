import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { program, root, started } from './measure.js';
import { opensshConfig, withSimulation } from './simulation.js';

const VOLUMES = 200;
const AT_ONCE = 8;

/** Many attaches of different volumes, some at a time: none may be lost or wait for another volume. */
export async function crowd() {
  const ours = await withSimulation({ nodes: 4, volumes: VOLUMES }, async ({ env }) => {
    const seconds = await inParallel((number) =>
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
    if (attached !== VOLUMES) throw new Error(`${attached} of ${VOLUMES} volumes are in the list`);
    return seconds;
  });
  const theirs = await withSimulation({ nodes: 4, volumes: VOLUMES }, async (simulation) => {
    const config = opensshConfig(simulation);
    const script = path.join(root, 'bench/operator-attach.sh');
    return inParallel((number) => started('sh', [script, config, `vol-${number}`, nodeOf(number)]));
  });
  return {
    title: `${VOLUMES} attaches of ${VOLUMES} volumes, ${AT_ONCE} at a time (\`--lock-timeout 0\`: one that met another's lock would fail)`,
    baseline: { what: '`bench/operator-attach.sh`', milliseconds: theirs * 1000, rate: VOLUMES / theirs },
    rows: [
      {
        what: '`rdsctl attach`',
        milliseconds: ours * 1000,
        ratio: ours / theirs,
        limit: null,
        rate: VOLUMES / ours,
      },
    ],
  };
}

function nodeOf(number) {
  return `node-${(number % 4) + 1}`;
}

/** Seconds for all of them. Every one has to succeed. */
async function inParallel(run) {
  const begun = process.hrtime.bigint();
  let next = 1;
  const worker = async () => {
    while (next <= VOLUMES) {
      const number = next;
      next += 1;
      const code = await run(number);
      if (code !== 0) throw new Error(`the attach of vol-${number} ended with ${code}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return Number(process.hrtime.bigint() - begun) / 1e9;
}
