import { formatComment } from '../../attachment/tag.ts';
import { beginAttach, completeAttach, holds, untrack } from '../../attachment/transitions.ts';
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
  const cutsSessions = mustCut && disk.exported;
  // While others could get in they could write as well: then what is queued here would land on top of that.
  const keeps = mayKeepControllers(picture) && !cutsSessions;
  if (cutsSessions) refuseCuttingSharer(picture);
  if (cutsSessions || (sharing !== null && disk.allow !== sharing.hostNqn)) {
    await askOthers(context, picture, hands.takeOver ? 'warn' : 'refuse');
  }
  if (!keeps) await refuseInUseHere(context, picture, port, cutsSessions);

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
    if (!keeps) await dropOldControllers(context, picture, port, trail);
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

/**
 * A live device that is in use on this very node, by hands unknown, is not torn away. Where the node has the volume
 * by right, and its export would have to be switched off under it, one that is not live is not torn away either.
 */
async function refuseInUseHere(
  context: OperationContext,
  picture: Picture,
  port: NodePort,
  cutsSessions: boolean,
): Promise<void> {
  const { disk, node, volume, transport, present, identity } = picture;
  const stand = standing(picture.subsystem, transport.address);
  const itsOwn = cutsSessions && present !== undefined && holds(present, node);
  if (stand === 'none' || (stand !== 'live' && !itsOwn)) return;
  const view = await port.observe({ usesOf: [disk.nqn], signal: context.signal });
  const uses = subsystemOf(view, disk.nqn)?.uses ?? [];
  try {
    refuseInUse(volume.slot, node, uses, `rdsctl attach ${volume.slot} ${node}`);
  } catch (error) {
    if (!itsOwn || !(error instanceof RdsctlError)) throw error;
    throw error.with({
      now: `Nothing was changed. ${volume.rds} lets ${disk.allow === '' ? 'any host' : disk.allow} in, and not ${node} (${identity.hostNqn}) alone: to mend that the export must be switched off, which would cut ${node} off.`,
    });
  }
}

/** Of two that share a volume none is cut off to give it to the other: that is what detach and fence are for. */
function refuseCuttingSharer({ volume, node, present, disk }: Picture): void {
  const others = present?.holders.filter((holder) => holder.node !== node) ?? [];
  const [other] = others;
  if (present === undefined || other === undefined || !holds(present, node)) return;
  throw new RdsctlError('ATTACHED_ELSEWHERE', {
    message: `${volume.slot} is shared by ${present.holders.map((holder) => holder.node).join(' and ')}, but ${volume.rds} does not let both in (it lets ${disk.allow === '' ? 'any host' : disk.allow} in)`,
    now: `Nothing was changed: to grant it to ${node} would cut ${other.node} off.`,
    hints: [
      { when: `To leave it to ${node} alone:`, run: `rdsctl detach ${volume.slot} ${other.node}` },
      { when: `To leave it to ${other.node} alone:`, run: `rdsctl detach ${volume.slot} ${node}` },
      { when: `If ${other.node} is dead, cut it off first:`, run: `rdsctl fence ${other.node}` },
    ],
    details: {
      volume: volume.key,
      node,
      holders: present.holders.map((holder) => holder.node),
      allow: disk.allow,
    },
  });
}

async function dropOldControllers(
  context: OperationContext,
  picture: Picture,
  port: NodePort,
  trail: Trail,
): Promise<void> {
  const { disk, node, volume, transport, subsystem } = picture;
  if (standing(subsystem, transport.address) === 'none') return;
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
