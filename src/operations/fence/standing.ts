import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { OperationContext } from '../context.ts';
import { knownNode } from './known-node.ts';
import { findTargets } from './targets.ts';

/** Whether a node is let in, or cut off from everything that it had. */
export type FenceStanding = 'on' | 'off';

/**
 * How a node stands, by the state and by what the storage servers show now. Changes nothing.
 * @throws RdsctlError NO_SUCH_NODE, STATE_*; of a storage server that can't be asked; NOT_VERIFIED for a node
 *   that is marked as fenced without being cut off everywhere
 */
export async function fenceStanding(context: OperationContext, name: string): Promise<FenceStanding> {
  const state = await context.manager.state();
  const node = knownNode(context, state, name);
  const { volumes, unasked } = await findTargets(context, state, node, null);
  for (const { error } of unasked) throw error;
  for (const { error } of volumes) if (error !== null) throw error;
  if ((state.nodes[node]?.fenced ?? null) === null) return 'on';
  const open = volumes.filter(
    ({ attachment, disk }) => attachment?.phase !== 'fenced' || disk?.exported === true,
  );
  if (open.length === 0) return 'off';
  throw new RdsctlError('NOT_VERIFIED', {
    message: `${node} is marked as fenced, but not cut off from ${open.map(({ slot }) => slot).join(', ')}`,
    hints: [{ when: 'To finish:', run: `rdsctl fence ${node}` }],
    details: { node, volumes: open.map(({ key }) => key) },
  });
}

/** @throws RdsctlError of the first storage server that can't be asked; STATE_* */
export async function askStorageServers(context: OperationContext): Promise<void> {
  await context.manager.state();
  const servers = Object.keys(context.config.storageServers);
  await Promise.all(servers.map((rds) => context.server(rds).look('all', { signal: context.signal })));
}
