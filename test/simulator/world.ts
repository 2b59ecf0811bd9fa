import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ManualClock, realClock, type Clock } from '../../src/simulator/clock.ts';
import { EventLog } from '../../src/simulator/events.ts';
import { SimulatedNode, type NodeTraits } from '../../src/simulator/node/simulated-node.ts';
import { StorageNetwork } from '../../src/simulator/target/network.ts';
import { NvmeTarget } from '../../src/simulator/target/target.ts';

export const RDS_ADDRESS = '127.77.0.1';

/** A directory that goes when the test is over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rdsctl-sim-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A target and nodes without RouterOS and SSH before them. */
export function makeWorld(
  options: { nodes?: NodeTraits[]; clock?: Clock; identity?: 'renewed' | 'kept' } = {},
) {
  const clock = options.clock ?? new ManualClock();
  const events = new EventLog(clock);
  const network = new StorageNetwork();
  const target = new NvmeTarget({ rds: 'rds1', clock, events, identity: options.identity ?? 'kept' });
  network.addTarget(RDS_ADDRESS, target);
  const directory = temporaryDirectory();
  const nodes = (options.nodes ?? [{}, {}]).map(
    (traits, index) =>
      new SimulatedNode({
        name: `node-${index + 1}`,
        directory: join(directory, `node-${index + 1}`),
        address: `127.77.0.${index + 11}`,
        number: index + 1,
        clock,
        network,
        events,
        traits,
        volumeOf: ({ nqn }) => ({ rds: 'rds1', volume: nqn.replace('nqn.test:', '') }),
      }),
  );
  onTestFinished(() => {
    for (const node of nodes) node.close();
  });
  return { clock, events, network, target, nodes, directory };
}

export { ManualClock, realClock };
