import { hostIdentity, type HostIdentity } from '../attachment/host-nqn.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { State } from '../state/state.ts';
import type { OperationContext } from './context.ts';
import type { NodeView } from './ports/node.ts';

/**
 * The identity that a node connects with, and that no other node has.
 * @throws RdsctlError NODE_NOT_READY with the fix; DUPLICATE_HOST_NQN
 */
export function identityOf(
  context: OperationContext,
  state: State,
  node: string,
  view: Pick<NodeView, 'hostNqnFile' | 'hostIdFile'>,
): HostIdentity {
  const identity = hostIdentity({
    node,
    configured: context.config.nodes[node]?.hostNqn ?? null,
    hostNqnFile: view.hostNqnFile,
    hostIdFile: view.hostIdFile,
  });
  refuseDuplicateIdentity(context, state, node, identity);
  return identity;
}

/**
 * Two nodes with one host NQN (or host ID) can't be fenced apart: the storage server lets both in and shows
 * them alike (lab i1).
 * @throws RdsctlError DUPLICATE_HOST_NQN
 */
function refuseDuplicateIdentity(
  context: OperationContext,
  state: State,
  node: string,
  identity: HostIdentity,
): void {
  const others = new Set([...Object.keys(context.config.nodes), ...Object.keys(state.nodes)]);
  others.delete(node);
  for (const other of [...others].sort()) {
    const record = state.nodes[other];
    const configured = context.config.nodes[other];
    // A node that was taken out of the configuration counts only while it may still hold something.
    const inPlay =
      configured !== undefined ||
      record?.fenced != null ||
      Object.values(state.attachments).some(({ holders }) => holders.some((holder) => holder.node === other));
    if (!inPlay) continue;
    const sameNqn = [configured?.hostNqn, record?.hostNqn].includes(identity.hostNqn);
    const sameId = record?.hostId != null && record.hostId.toLowerCase() === identity.hostId.toLowerCase();
    if (!sameNqn && !sameId) continue;
    throw new RdsctlError('DUPLICATE_HOST_NQN', {
      message: `${node} and ${other} have the same ${sameNqn ? `host NQN (${identity.hostNqn})` : `host ID (${identity.hostId})`}: they can not be fenced apart`,
      now: 'Nothing was changed.',
      hints: [
        {
          when: `Give ${node} its own identity, on ${node} (no volume attached):`,
          run: 'nvme gen-hostnqn > /etc/nvme/hostnqn && sed "s/.*:uuid://" /etc/nvme/hostnqn > /etc/nvme/hostid',
        },
      ],
      details: { node, other, hostNqn: identity.hostNqn, hostId: identity.hostId },
    });
  }
}
