import fc from 'fast-check';
import { crowd } from '../safety/crowd.ts';
import { play, step } from '../safety/model/play.ts';
import { openCluster } from '../etcd/cluster.ts';
import { inCluster } from '../etcd/crowd-place.ts';
import { campaign } from './campaign.ts';

/** So many histories a round. */
const HISTORIES = 500;
const CROWD = { commands: 300, atOnce: 12, volumes: 20, nodes: 5 };

campaign({
  name: 'model',
  round: async (_number, seed) => {
    const history = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' });
    await fc.assert(fc.asyncProperty(history, play), { seed, numRuns: HISTORIES });
  },
});

campaign({
  name: 'crowd',
  round: async (_number, seed) => {
    const findings = await crowd(seed, CROWD);
    if (findings.length > 0) throw new Error(`seed ${seed}: ${findings.join('\n')}`);
  },
});

campaign({
  name: 'etcd',
  round: async (_number, seed) => {
    const cluster = await openCluster();
    try {
      const findings = await crowd(seed, { ...CROWD, commands: 150 }, inCluster(cluster, seed));
      if (findings.length > 0) throw new Error(`seed ${seed}: ${findings.join('\n')}`);
    } finally {
      await cluster.close();
    }
  },
});
