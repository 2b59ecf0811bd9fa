import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { median, program, root } from './measure.js';
import { withFleet } from './simulation.js';

const SIZES = [10, 30, 100, 300, 1000];
/** Nodes, and one storage server, of one simulating process. */
const NODES_A_PROCESS = 125;
const VOLUMES_A_NODE = 2;
const ROUNDS = 3;
const MOST_MEGABYTES = 400;
const EACH = { nodesEach: NODES_A_PROCESS, volumesEach: VOLUMES_A_NODE };

/**
 * What apply and reconcile cost by the number of nodes: a straight line, or not. The smallest fleet is measured anew
 * before and after each other one: the machine is not as fast in one minute as in the next.
 */
export async function fleet() {
  const [smallest, ...others] = sizes();
  return withFleet({ nodes: smallest, ...EACH }, async (fleetOfFew) => {
    const few = prepared(fleetOfFew, true);
    const before = [few()];
    const measured = [];
    for (const nodes of others) {
      const many = await withFleet({ nodes, ...EACH }, (fleetOfMany) => prepared(fleetOfMany, false)());
      before.push(few());
      measured.push({ nodes, many, few: before.slice(-2) });
    }
    const all = (name) => combined(before.map((one) => one[name]));
    const what = (name, nodes, { megabytes }) =>
      `\`rdsctl ${name}\`, ${nodes} nodes, ${nodes * VOLUMES_A_NODE} volumes, ${megabytes} MB`;
    const rows = ['apply', 'reconcile'].flatMap((name) => [
      { what: what(name, smallest, all(name)), ...all(name), ratio: 1, limit: null },
      ...measured.map(({ nodes, many, few }) => ({
        what: what(name, nodes, many[name]),
        milliseconds: many[name].milliseconds,
        ratio:
          many[name].milliseconds / nodes / (combined(few.map((one) => one[name])).milliseconds / smallest),
        // A straight line with a start of its own gets cheaper by the node, never dearer.
        limit: 1,
      })),
    ]);
    const points = (name) => [
      [smallest, all(name).milliseconds],
      ...measured.map(({ nodes, many }) => [nodes, many[name].milliseconds]),
    ];
    const [baseline, ...more] = rows;
    return {
      title: `Fleets, ${VOLUMES_A_NODE} volumes a node, simulated by a process for every ${NODES_A_PROCESS} nodes; ratio: time a node, against the smallest fleet in the same minutes`,
      baseline,
      rows: more,
      series: [
        { name: 'apply of all attachments, by nodes', points: points('apply') },
        { name: 'reconcile in sync, by nodes', points: points('reconcile') },
      ],
    };
  });
}

/** RDSCTL_BENCH_NODES names other sizes: `10,100`. */
function sizes() {
  const asked = process.env.RDSCTL_BENCH_NODES;
  return asked === undefined ? SIZES : asked.split(',').map(Number);
}

/** Gives what measures a fleet that nothing is attached to: apply, and some rounds of reconcile. */
function prepared({ dir, env, volumes }, isMeasuredAgain) {
  const manifest = (name, lines) => {
    const file = path.join(dir, name);
    writeFileSync(
      file,
      `apiVersion: rdsctl/v1\nkind: Manifest\nattachments:${lines.length === 0 ? ' []\n' : `\n${lines.join('')}`}`,
    );
    return ['apply', '-f', file, '--yes', '-q', '--prune'];
  };
  const all = manifest(
    'all.yaml',
    volumes.map(({ volume, node }) => `  - { volume: ${volume}, node: ${node} }\n`),
  );
  const none = manifest('none.yaml', []);
  return () => {
    const apply = once(dir, env, all);
    const rounds = Array.from({ length: ROUNDS }, () => once(dir, env, ['reconcile']));
    if (isMeasuredAgain) once(dir, env, none);
    return { apply, reconcile: combined(rounds) };
  };
}

/** Their median, and the most memory. */
function combined(runs) {
  return {
    milliseconds: median(runs.map(({ milliseconds }) => milliseconds)),
    megabytes: Math.max(...runs.map(({ megabytes }) => megabytes)),
  };
}

/** One run, which must go well; its time, and the most memory that it had. */
function once(dir, env, args) {
  const peak = path.join(dir, 'peak');
  const tell = path.join(root, 'bench/peak-memory.cjs');
  const begun = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', tell, program, ...args], {
    env: { ...process.env, ...env, PEAK_MEMORY_FILE: peak },
    encoding: 'utf8',
  });
  const milliseconds = Number(process.hrtime.bigint() - begun) / 1e6;
  if (status !== 0 || (args[0] === 'reconcile' && stdout !== ''))
    throw new Error(`${args[0]}: exit ${status}\n${stdout}${stderr}`);
  const megabytes = Math.ceil(Number(readFileSync(peak, 'utf8')) / 1024);
  if (megabytes > MOST_MEGABYTES) throw new Error(`${args[0]} took ${megabytes} MB`);
  return { milliseconds, megabytes };
}
