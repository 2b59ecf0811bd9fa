import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { median, program, timed } from './measure.js';
import { withSimulation } from './simulation.js';

const VOLUMES = 200;
const NODES = 4;
const ROUNDS = 5;

/**
 * One apply of many attachments, against as many single commands one after another. Both are spread over rounds,
 * so that a machine that is slow for some seconds is slow for both.
 */
export async function apply() {
  const applies = [];
  let alone = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    alone += await singles(VOLUMES / ROUNDS);
    applies.push(await oneApply());
  }
  const together = median(applies);
  return {
    title: `${VOLUMES} attachments on ${NODES} nodes`,
    baseline: {
      what: `${VOLUMES} × \`rdsctl attach\`, one after another`,
      milliseconds: alone,
      rate: (VOLUMES / alone) * 1000,
    },
    rows: [
      {
        what: '`rdsctl apply`',
        milliseconds: together,
        ratio: together / alone,
        limit: 0.125,
        rate: (VOLUMES / together) * 1000,
      },
    ],
  };
}

/** Milliseconds that attaching `count` volumes takes, a command for each. */
function singles(count) {
  return withSimulation({ nodes: NODES, volumes: VOLUMES }, ({ env }) => {
    let milliseconds = 0;
    for (let number = 1; number <= count; number += 1) {
      milliseconds += timed(
        process.execPath,
        [program, 'attach', `vol-${number}`, nodeOf(number), '-q'],
        env,
      );
    }
    return milliseconds;
  });
}

/** Milliseconds that one apply of all volumes takes. */
function oneApply() {
  return withSimulation({ nodes: NODES, volumes: VOLUMES }, ({ dir, env }) => {
    const file = path.join(dir, 'manifest.yaml');
    writeFileSync(file, manifest());
    const milliseconds = timed(process.execPath, [program, 'apply', '-f', file, '--yes', '-q'], env);
    const { stdout } = spawnSync(process.execPath, [program, 'list', '--phase', 'attached', '-o', 'name'], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    const attached = stdout.trim().split('\n').length;
    if (attached !== VOLUMES) throw new Error(`${attached} of ${VOLUMES} volumes are attached`);
    return milliseconds;
  });
}

function manifest() {
  const lines = Array.from(
    { length: VOLUMES },
    (_, index) => `  - { volume: vol-${index + 1}, node: ${nodeOf(index + 1)} }\n`,
  );
  return `apiVersion: rdsctl/v1\nkind: Manifest\nattachments:\n${lines.join('')}`;
}

function nodeOf(number) {
  return `node-${(number % NODES) + 1}`;
}
