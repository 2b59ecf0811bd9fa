import { formatComment } from '../../attachment/tag.ts';
import { beginAttach, completeAttach, untrack } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import type { Trail } from '../audited.ts';
import { checkpoint, step, workOf, type OperationContext } from '../context.ts';
import { drain, notDrained } from '../drain.ts';
import type { NodePort } from '../ports/node.ts';
import type { Disk } from '../ports/storage-server.ts';
import { refuseInUse, standing, subsystemOf } from '../seen.ts';
import { settleOne } from '../settle.ts';
import { connectStep } from './connect.ts';
import type { Hands } from './hands.ts';
import { mayKeepControllers, type Picture } from './picture.ts';
import { attachmentIn, type AttachResult } from './request.ts';
import { undo } from './undo.ts';
import { askOthers } from './untracked-export.ts';

/** Claims, makes sure nobody else is in, grants, connects; puts everything back when it fails. */
export async function grantAndConnect(
  context: OperationContext,
  picture: Picture,
  hands: Hands,
): Promise<AttachResult> {
  const { volume, node, disk, identity, sharing } = picture;
  const { server, port, lock, trail } = hands;
  const mustCut = sharing === null && (disk.exported || picture.undrained);
  if (mustCut && disk.exported) await askOthers(context, picture, hands.takeOver);
  await refuseInUseHere(context, picture, port);

  const claimed = await step(context, 'intent', `state: claim ${volume.slot} for ${node}`, () => {
    return context.manager.change((current) => {
      // Within the commit: whoever lost the volume's lock must not claim it.
      lock.assertHeld();
      return beginAttach(
        withoutAbandoned(current, picture),
        {
          volume,
          node,
          identity,
          nqn: disk.nqn,
          transport: picture.transport,
          sizeBytes: disk.sizeBytes,
          sharedUntil: sharing?.until ?? null,
        },
        workOf(context),
      );
    });
  });
  const { token } = attachmentIn(claimed, volume);
  trail.token = token;
  const comment = (owners: readonly string[]) =>
    formatComment(picture.claim.text, { owners, token, lineage: claimed.lineage });

  const done = { granted: false, undrained: picture.undrained };
  try {
    checkpoint(context);
    lock.assertHeld();
    await dropOldControllers(context, picture, port, trail);
    let expectComment = disk.comment;
    if (mustCut) {
      const revoked = await cut(context, picture, hands, comment([]), done);
      expectComment = revoked.comment;
    }
    checkpoint(context);
    lock.assertHeld();
    done.granted = true;
    const owners = sharing === null ? [node] : [...sharing.owners, node];
    trail.changed(volume.rds, `grant ${volume.slot} to ${sharing === null ? identity.hostNqn : 'any host'}`);
    await step(context, 'grant', `${volume.rds}: export ${volume.slot} to ${node} alone`, () =>
      settleOne(context, server, {
        kind: sharing === null ? 'grant' : 'admit',
        slot: volume.slot,
        expectComment,
        comment: formatComment(picture.claim.text, { owners, token, lineage: claimed.lineage }),
        allow: sharing === null ? identity.hostNqn : '',
        pinNqn: null,
      }),
    );
    checkpoint(context);
    trail.changed(node, `nvme connect ${disk.nqn}`);
    const device = await connectStep(context, picture, port);
    checkpoint(context);
    const state = await step(context, 'state', 'state: attached', () =>
      context.manager.change((current) => completeAttach(current, { key: volume.key, token, node, device })),
    );
    return { attachment: attachmentIn(state, volume), node, device, changed: true };
  } catch (cause) {
    throw await undo(context, picture, hands, { cause, ...done, token, comment });
  }
}

/**
 * The record of an attach to another node that never reached the storage server does not count; but only that
 * very one: what somebody else wrote since it was looked at does.
 */
function withoutAbandoned(current: State, { volume, abandoned }: Picture): State {
  const judged = abandoned !== null && current.attachments[volume.key]?.intent?.token === abandoned;
  return judged ? { ...current, ...untrack(current, volume.key) } : current;
}

/** A live device that is in use on this very node, by hands unknown, is not torn away. */
async function refuseInUseHere(context: OperationContext, picture: Picture, port: NodePort): Promise<void> {
  const { disk, node, volume, transport } = picture;
  if (standing(picture.subsystem, transport.address) !== 'live' || mayKeepControllers(picture)) return;
  const view = await port.observe({ usesOf: [disk.nqn], signal: context.signal });
  refuseInUse(
    volume.slot,
    node,
    subsystemOf(view, disk.nqn)?.uses ?? [],
    `rdsctl attach ${volume.slot} ${node}`,
  );
}

async function dropOldControllers(
  context: OperationContext,
  picture: Picture,
  port: NodePort,
  trail: Trail,
): Promise<void> {
  const { disk, node, volume, transport, subsystem } = picture;
  if (standing(subsystem, transport.address) === 'none' || mayKeepControllers(picture)) return;
  trail.changed(node, `nvme disconnect ${disk.nqn}`);
  await step(context, 'drop', `${node}: drop old controllers of ${volume.slot}`, async () => {
    const result = await port.disconnect(
      { nqn: disk.nqn, address: transport.address },
      { signal: context.grace },
    );
    refuseInUse(volume.slot, node, result.uses, `rdsctl attach ${volume.slot} ${node}`);
    if (result.controllers.length > 0) {
      throw new RdsctlError('STALE_CONTROLLER', {
        message: `${node} still holds an old controller of ${volume.slot} (${result.controllers.map(({ name, state }) => `${name} ${state}`).join(', ')}) and does not let go of it`,
        hints: [
          {
            when: `On ${node}:`,
            run: result.controllers
              .map(({ name }) => `echo 1 > /sys/class/nvme/${name}/delete_controller`)
              .join('; '),
          },
        ],
        details: { node, volume: volume.key, controllers: result.controllers, words: result.words },
      });
    }
  });
}

/** Ends whatever sessions an export has before it is granted anew. */
async function cut(
  context: OperationContext,
  picture: Picture,
  hands: Hands,
  comment: string,
  done: { undrained: boolean },
): Promise<Disk> {
  const { volume, disk } = picture;
  hands.trail.changed(volume.rds, `revoke ${volume.slot}`);
  return step(context, 'cut', `${volume.rds}: end old sessions of ${volume.slot}`, async () => {
    const before = done.undrained;
    done.undrained = true;
    let revoked;
    try {
      revoked = await settleOne(context, hands.server, {
        kind: 'revoke',
        slot: volume.slot,
        expectComment: disk.comment,
        comment,
      });
    } catch (error) {
      // Refused for certain: no session was ended by it.
      if (error instanceof RdsctlError && error.details['outcome'] !== 'unknown') done.undrained = before;
      throw error;
    }
    const left = await drain(context, hands.server, [volume.slot], context.clock.monotonic());
    if (left.size > 0) {
      throw notDrained(
        volume.rds,
        volume.slot,
        left.get(volume.slot) ?? null,
        context.config.fence.drainTimeout / 1000,
      );
    }
    done.undrained = false;
    return revoked;
  });
}
