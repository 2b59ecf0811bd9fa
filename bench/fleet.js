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

/** What apply and reconcile cost by the number of nodes: a straight line, or not. */
export async function fleet() {
  const measured = [];
  for (const nodes of sizes()) measured.push({ nodes, ...(await ofFleet(nodes)) });
  const [smallest] = measured;
  const row = (name, { nodes, ...times }) => {
    const { milliseconds, megabytes } = times[name];
    const perNode = milliseconds / nodes;
    return {
      what: `\`rdsctl ${name}\`, ${nodes} nodes, ${nodes * VOLUMES_A_NODE} volumes, ${megabytes} MB`,
      milliseconds,
      ratio: perNode / (smallest[name].milliseconds / smallest.nodes),
      // A straight line with a start of its own gets cheaper by the node, never dearer.
      limit: nodes === smallest.nodes ? null : 1,
    };
  };
  const [first, ...rows] = ['apply', 'reconcile'].flatMap((name) => measured.map((one) => row(name, one)));
  const points = (name) => measured.map((one) => [one.nodes, one[name].milliseconds]);
  return {
    title: `Fleets, ${VOLUMES_A_NODE} volumes a node, simulated by a process for every ${NODES_A_PROCESS} nodes; ratio: time a node, against the smallest fleet`,
    baseline: first,
    rows,
    series: [
      { name: 'apply of all attachments, by nodes', points: points('apply') },
      { name: 'reconcile in sync, by nodes', points: points('reconcile') },
    ],
  };
}

/** RDSCTL_BENCH_NODES names other sizes: `10,100`. */
function sizes() {
  const asked = process.env.RDSCTL_BENCH_NODES;
  return asked === undefined ? SIZES : asked.split(',').map(Number);
}

function ofFleet(nodes) {
  return withFleet(
    { nodes, nodesEach: NODES_A_PROCESS, volumesEach: VOLUMES_A_NODE },
    ({ dir, env, volumes }) => {
      const file = path.join(dir, 'manifest.yaml');
      const lines = volumes.map(({ volume, node }) => `  - { volume: ${volume}, node: ${node} }\n`);
      writeFileSync(file, `apiVersion: rdsctl/v1\nkind: Manifest\nattachments:\n${lines.join('')}`);
      const apply = once(dir, env, ['apply', '-f', file, '--yes', '-q']);
      const rounds = Array.from({ length: ROUNDS }, () => once(dir, env, ['reconcile']));
      return {
        apply,
        reconcile: {
          milliseconds: median(rounds.map(({ milliseconds }) => milliseconds)),
          megabytes: Math.max(...rounds.map(({ megabytes }) => megabytes)),
        },
      };
    },
  );
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
