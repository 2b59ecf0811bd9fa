import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { program, timed } from './measure.js';
import { reconcileInSync } from './resources.js';
import { withSimulation } from './simulation.js';

const SERVERS = 2;
const VOLUMES_A_NODE = 10;
const FLEETS = [10, 30, 100, 300];
const ROUNDS = 5;

/** A reconcile of fleets in sync, and what it costs with each node more. */
export async function reconcile() {
  const measured = [];
  for (const nodes of FLEETS) measured.push({ nodes, ...(await ofFleet(nodes)) });
  const [smallest] = measured;
  const perNode = ({ nodes, milliseconds }) => milliseconds / nodes;
  return {
    title: `reconcile in sync, ${VOLUMES_A_NODE} volumes a node on ${SERVERS} storage servers; ratio: time a node, against the smallest fleet`,
    baseline: { what: described(smallest), milliseconds: smallest.milliseconds },
    rows: measured.slice(1).map((fleet) => ({
      what: described(fleet),
      milliseconds: fleet.milliseconds,
      ratio: perNode(fleet) / perNode(smallest),
      // A straight line with a start of its own gets cheaper by the node, never dearer.
      limit: 1,
    })),
  };
}

function described({ nodes, megabytes }) {
  if (megabytes > 200) throw new Error(`${nodes} nodes took ${megabytes} MB`);
  return `${nodes} nodes, ${nodes * VOLUMES_A_NODE} volumes, ${megabytes} MB`;
}

function ofFleet(nodes) {
  const volumes = (nodes * VOLUMES_A_NODE) / SERVERS;
  return withSimulation({ nodes, volumes, servers: SERVERS }, ({ dir, env }) => {
    const file = path.join(dir, 'manifest.yaml');
    writeFileSync(file, manifest(nodes, volumes));
    timed(process.execPath, [program, 'apply', '-f', file, '--yes', '-q'], env);
    return reconcileInSync(dir, env, ROUNDS);
  });
}

function manifest(nodes, volumes) {
  const lines = [];
  for (let server = 1; server <= SERVERS; server += 1)
    for (let number = 1; number <= volumes; number += 1)
      // Two storage servers give volumes of one name one NQN: a node has one of them.
      lines.push(
        `  - { volume: rds${server}/vol-${number}, node: node-${((number + server) % nodes) + 1} }\n`,
      );
  return `apiVersion: rdsctl/v1\nkind: Manifest\nattachments:\n${lines.join('')}`;
}
