import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { combined, measuredRun, reconcileInSync } from './resources.js';
import { withFleet } from './simulation.js';

const SIZES = [10, 30, 100, 300, 1000];
/** Nodes, and one storage server, of one simulating process. */
const NODES_A_PROCESS = 125;
const VOLUMES_A_NODE = 2;
const ROUNDS = 3;
const MOST_MEGABYTES = 400;
const EACH = { nodesEach: NODES_A_PROCESS, volumesEach: VOLUMES_A_NODE };

/**
 * What apply and reconcile cost by the number of nodes: a straight line, or not. Compared is the processor time of
 * rdsctl: the simulations have the same processors, and most of the wall time. The smallest fleet is measured anew before
 * and after each other one: a virtual machine is not as fast in one minute as in the next.
 */
export async function fleet() {
  const [smallest, ...others] = sizes();
  return withFleet({ nodes: smallest, ...EACH }, async (fleetOfFew) => {
    const few = prepared(fleetOfFew, true);
    const ofFew = [few()];
    const measured = [];
    for (const nodes of others) {
      const ofMany = await withFleet({ nodes, ...EACH }, (fleetOfMany) => prepared(fleetOfMany, false)());
      ofFew.push(few());
      measured.push({ nodes, ofMany, ofFew: ofFew.slice(-2) });
    }
    const series = ['apply', 'reconcile'].map((name) => {
      const onlyThis = (runs) => combined(runs.map((one) => one[name]));
      const first = row(name, smallest, onlyThis(ofFew), null);
      const more = measured.map(({ nodes, ofMany, ofFew }) =>
        row(name, nodes, ofMany[name], onlyThis(ofFew).processor / smallest),
      );
      return { name, rows: [first, ...more] };
    });
    const [baseline, ...rows] = series.flatMap((one) => one.rows);
    return {
      title: `Fleets, ${VOLUMES_A_NODE} volumes a node, simulated by a process for every ${NODES_A_PROCESS} nodes; ratio: processor time a node, against the smallest fleet in the same minutes`,
      baseline,
      rows,
      series: series.map(({ name, rows }) => ({
        name: `${name} of a fleet, by nodes`,
        points: rows.map(({ nodes, milliseconds }) => [nodes, milliseconds]),
      })),
    };
  });
}

/** @param ofFew milliseconds of processor time for each node of the smallest fleet; null = this is the smallest */
function row(name, nodes, { milliseconds, processor, megabytes }, ofFew) {
  if (megabytes > MOST_MEGABYTES) throw new Error(`${name} of ${nodes} nodes took ${megabytes} MB`);
  return {
    what: `\`rdsctl ${name}\`, ${nodes} nodes, ${nodes * VOLUMES_A_NODE} volumes, ${megabytes} MB, ${processor.toFixed(0)} ms of processor time`,
    nodes,
    milliseconds,
    ratio: ofFew === null ? 1 : processor / nodes / ofFew,
    // A straight line with a start of its own gets cheaper by the node, never dearer.
    limit: ofFew === null ? null : 1,
  };
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
    const measured = {
      apply: measuredRun(dir, env, all),
      reconcile: reconcileInSync(dir, env, ROUNDS),
    };
    if (isMeasuredAgain) measuredRun(dir, env, none);
    return measured;
  };
}
