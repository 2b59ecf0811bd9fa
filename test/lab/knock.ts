import { connectByHand, controllers, pauseBetweenRetries } from './host-side.ts';
import type { Lab } from './lab.ts';
import type { LabNode } from './lab-node.ts';
import { until } from './until.ts';

/** How often the storage server's kernel has turned a node away that is not on the list. */
async function refusals(lab: Lab, node: LabNode): Promise<number> {
  const events = await lab.rds.kernelLog();
  return events.filter(({ kind, hostNqn }) => kind === 'refused' && hostNqn === node.hostNqn).length;
}

/**
 * Has a node's controllers retry without a pause until they were refused so many times: hours of retries in
 * seconds. A kernel that gives up at the first refusal (6.12) is helped out by connects by hand.
 */
export async function knock(lab: Lab, node: LabNode, nqn: string, times: number): Promise<void> {
  const enough = (await refusals(lab, node)) + times;
  await pauseBetweenRetries(node, 0);
  await until(async () => {
    if ((await refusals(lab, node)) >= enough) return true;
    if ((await controllers(node)).length === 0) {
      await node.run(`for attempt in $(seq 20); do ${connectByHand(nqn)}; done`);
    }
    return false;
  }, `${node.name} was refused ${times} times`);
  await pauseBetweenRetries(node, 2);
}
