import { afterAll, beforeAll, expect, test } from 'vitest';
import { crowd } from '../safety/crowd.ts';
import type { CrowdSize } from '../safety/crowd-plan.ts';
import { openCluster, type Cluster } from './cluster.ts';
import { inCluster } from './crowd-place.ts';

const number = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);
const COMMANDS = number('RDSCTL_CROWD', 40);
const SEED = number('RDSCTL_CROWD_SEED', 1);
const SIZE: CrowdSize = { commands: COMMANDS, atOnce: 6, volumes: COMMANDS >= 300 ? 20 : 6, nodes: 5 };

let cluster: Cluster;
beforeAll(async () => {
  cluster = await openCluster();
});
afterAll(() => cluster.close());

test(
  `a crowd of ${COMMANDS} processes from three hosts, while members of the cluster fail, keeps the laws (seed ${SEED})`,
  { timeout: 30 * 60_000 },
  async () => {
    const again = `RDSCTL_CROWD=${COMMANDS} RDSCTL_CROWD_SEED=${SEED} npx vitest run test/etcd/crowd.test.ts`;
    expect(await crowd(SEED, SIZE, inCluster(cluster, SEED)), `to run it again: ${again}`).toEqual([]);
  },
);
