import type { Attachment } from '../../attachment/attachment.ts';
import { shareLimit } from '../../attachment/refusals.ts';
import { holds, type VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { OperationContext } from '../context.ts';
import type { AttachRequest } from './request.ts';

/** A second node is admitted beside the owner, for a live migration. */
export interface Sharing {
  readonly owners: readonly string[];
  /** The present owner's host NQN, to go back to. */
  readonly hostNqn: string;
  /** RFC 3339, UTC. */
  readonly until: string;
}

/**
 * Whether this attach shares the volume, and whether it may. While two host NQNs must be admitted the export
 * can't name both: it is open to any host, which the configuration must allow.
 * @returns null for an attach that is an ordinary one
 * @throws RdsctlError SHARED_NOT_CONFIGURED, SHARE_LIMIT
 */
export function checkShare(
  context: OperationContext,
  volume: VolumeId,
  request: AttachRequest,
  present: Attachment | undefined,
): Sharing | null {
  if (request.shared === null || present?.phase !== 'attached' || holds(present, request.node)) return null;
  const details = {
    volume: volume.key,
    node: request.node,
    holders: present.holders.map(({ node }) => node),
  };
  if (context.config.storageServers[volume.rds]?.sharedExport !== 'any') {
    throw new RdsctlError('SHARED_NOT_CONFIGURED', {
      message: `${volume.slot} can not be shared: the configuration does not say sharedExport: any for ${volume.rds}`,
      now: 'Nothing was changed. While it is shared an export is open to any host that reaches the storage network.',
      hints: [{ when: 'If that is acceptable there, set it and check:', run: 'rdsctl config check' }],
      details,
    });
  }
  const [owner] = present.holders;
  if (present.holders.length > 1 || owner.hostNqn === null) throw shareLimit(present, request.node);
  const until = new Date(context.clock.now().getTime() + request.shared.handoffMs).toISOString();
  context.report({
    type: 'warning',
    message: `${volume.slot} is open to ANY host that reaches ${volume.rds} until ${until}, or until one of ${owner.node} and ${request.node} is detached. Only a cluster file system or a live migration may write from both.`,
  });
  return { owners: [owner.node], hostNqn: owner.hostNqn, until };
}
