import type { Attachment } from '../../attachment/attachment.ts';
import { formatComment } from '../../attachment/tag.ts';
import { beginAttach, completeAttach, holds, type VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Lock } from '../../state/lock.ts';
import { attachmentIn } from '../attach/request.ts';
import { audited, type Trail } from '../audited.ts';
import { checkpoint, step, workOf, type OperationContext } from '../context.ts';
import { lockOptions } from '../locking.ts';
import type { NodeView } from '../ports/node.ts';
import type { Disk } from '../ports/storage-server.ts';
import { resolveVolume, type MayTouch } from '../resolve.ts';
import { lookAtVolume } from '../seen.ts';
import { settleOne } from '../settle.ts';
import { survey, type Answer } from '../survey.ts';
import { judge, type Adoptable } from './judge.ts';
import { half, undo } from './undo.ts';

export interface AdoptResult {
  readonly volume: VolumeId;
  readonly attachment: Attachment;
  /** False: the state had it already. */
  readonly changed: boolean;
}

/**
 * Takes a connection that was made by hand, or by another tool, into the state, without disturbing it: the
 * export is limited to the host NQN of the one node that is connected, and tagged, while it stays on. Every
 * node is asked before, and again once nobody else can get in any more; only then the tag names the node.
 * @throws RdsctlError what {@link judge} refuses with, and what the storage server refuses
 */
export async function adopt(
  context: OperationContext,
  request: { readonly volume: string },
  mayTouch: MayTouch,
): Promise<AdoptResult> {
  return audited(context, 'adopt', { volume: request.volume, node: null }, async (trail) => {
    const volume = await resolveVolume(context, request.volume, mayTouch);
    trail.volume = volume.key;
    return context.locks.withLock(volume.key, lockOptions(context), (lock) =>
      adoptLocked(context, volume, lock, trail),
    );
  });
}

async function adoptLocked(
  context: OperationContext,
  volume: VolumeId,
  lock: Lock,
  trail: Trail,
): Promise<AdoptResult> {
  const present = await context.manager.getAttachment(volume.key);
  if (present?.phase === 'attached') {
    trail.node = present.holders[0].node;
    return { volume, attachment: present, changed: false };
  }
  const [disk, nodes] = await bothSeen(context, volume);
  const found = judge(context, volume, { state: await context.manager.state(), disk, nodes });
  const { node, identity, address } = found;
  trail.node = node;
  if (disk.mountFilesystem === true) {
    context.report({
      type: 'warning',
      message: `${volume.slot} on ${volume.rds} has mount-filesystem=yes: RouterOS mounts the file system that ${node} writes, and damages it`,
    });
  }
  const done: { claimedBefore: boolean; sent: boolean; limited: Disk | null } = {
    claimedBefore: false,
    sent: false,
    limited: null,
  };
  const claimed = await step(context, 'intent', `state: claim ${volume.slot} for ${node}`, () =>
    context.manager.change((current) => {
      // Within the commit: whoever lost the volume's lock must not claim it.
      lock.assertHeld();
      const before = current.attachments[volume.key];
      done.claimedBefore = before !== undefined && before.phase !== 'fenced' && holds(before, node);
      return beginAttach(
        current,
        {
          volume,
          node,
          identity,
          nqn: disk.nqn,
          transport: { address, port: disk.port },
          sizeBytes: disk.sizeBytes,
          sharedUntil: null,
        },
        workOf(context),
      );
    }),
  );
  const { token } = attachmentIn(claimed, volume);
  trail.token = token;
  const comment = (owners: readonly string[]): string =>
    formatComment(found.claim.text, { owners, token, lineage: claimed.lineage });
  try {
    checkpoint(context);
    lock.assertHeld();
    trail.changed(volume.rds, `admit ${identity.hostNqn} alone to ${volume.slot}`);
    done.sent = true;
    // The tag names nobody yet: should this be cut short, whoever goes on asks everybody again.
    done.limited = await step(context, 'limit', `${volume.rds}: let ${node} alone into ${volume.slot}`, () =>
      settleOne(context, context.server(volume.rds), {
        kind: 'admit',
        slot: volume.slot,
        expectComment: disk.comment,
        comment: comment([]),
        allow: identity.hostNqn,
      }),
    );
    await stillAlone(context, found, done.limited);
    lock.assertHeld();
  } catch (cause) {
    throw await undo(context, found, lock, { cause, token, ...done });
  }
  trail.changed(volume.rds, `tag ${volume.slot} for ${node}`);
  try {
    await step(context, 'tag', `${volume.rds}: tag ${volume.slot} for ${node}`, () =>
      settleOne(context, context.server(volume.rds), {
        kind: 'admit',
        slot: volume.slot,
        expectComment: comment([]),
        comment: comment([node]),
        allow: identity.hostNqn,
      }),
    );
  } catch (cause) {
    throw half(cause, found);
  }
  const state = await step(context, 'state', `state: ${volume.slot} attached`, () =>
    context.manager.change((current) =>
      completeAttach(current, { key: volume.key, token, node, device: found.device }),
    ),
  );
  return { volume, attachment: attachmentIn(state, volume), changed: true };
}

async function bothSeen(
  context: OperationContext,
  volume: VolumeId,
): Promise<[Disk, ReadonlyMap<string, Answer<NodeView>>]> {
  const [disk, { nodes }] = await Promise.all([
    step(context, 'look', `${volume.rds}: look at ${volume.slot}`, () =>
      lookAtVolume(context, context.server(volume.rds), volume.slot),
    ),
    step(context, 'ask', `ask all nodes who uses ${volume.slot}`, () =>
      survey(context, { servers: [], keep: true }),
    ),
  ]);
  return [disk, nodes];
}

/**
 * Between the first look and the limit anybody could get in where the export was open. Nobody can any more: so
 * everybody is asked again, and the answer holds.
 */
async function stillAlone(context: OperationContext, found: Adoptable, limited: Disk): Promise<void> {
  const { volume, node } = found;
  await step(context, 'ask-again', `is ${node} still alone with ${volume.slot}?`, async () => {
    const { nodes } = await survey(context, { servers: [], keep: true });
    const again = judge(context, volume, { state: await context.manager.state(), disk: limited, nodes });
    if (again.node === node && again.device === found.device) return;
    throw new RdsctlError('CHANGED_MEANWHILE', {
      message: `${volume.slot} went to another node or device while it was being adopted`,
      hints: [{ when: 'See what holds now:', run: `rdsctl show ${volume.key}` }],
      details: { volume: volume.key, node: again.node, device: again.device },
    });
  });
}
