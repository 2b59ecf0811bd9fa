import type { Attachment, Holder } from '../../attachment/attachment.ts';
import { formatComment } from '../../attachment/tag.ts';
import { beginRelease, type VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Lock } from '../../state/lock.ts';
import type { Trail } from '../audited.ts';
import { checkTag, mayBeUndrained } from '../claims.ts';
import { step, workOf, type OperationContext } from '../context.ts';
import type { DiskChange } from '../ports/storage-server.ts';
import { requireNode } from '../resolve.ts';
import { refuseInUse, standing, subsystemOf } from '../seen.ts';
import { bothSeen } from './look.ts';
import { checkpointOrExplain, disconnectStep, drained, noted, withdrawn } from './steps.ts';

/** What became of one holder's release. */
export interface Released {
  readonly after: Attachment | null;
  /** The NQN, where any host could get in until then; null where not. */
  readonly wasOpen: string | null;
}

/**
 * Takes a volume from one of its holders: disconnects the node, then withdraws the export, or admits only who stays.
 * @throws RdsctlError with what is changed by then, and how to go on
 */
export async function release(
  context: OperationContext,
  volume: VolumeId,
  present: Attachment,
  holder: Holder,
  by: {
    readonly lock: Lock;
    readonly trail: Trail;
    /** Any host could get in before; its session is still there. */
    readonly mayHoldOthers: boolean;
  },
): Promise<Released> {
  const { lock, trail } = by;
  const server = context.server(volume.rds);
  const port = context.node(requireNode(context, holder.node));
  server.open();
  port.open();
  const [disk, view] = await bothSeen(context, server, port, volume, present, holder);
  const claim = checkTag(await context.manager.state(), volume, disk);
  const subsystem = subsystemOf(view, disk.nqn);
  const stand = standing(subsystem, server.nvmeAddress);
  if (stand === 'live') {
    refuseInUse(volume.slot, holder.node, subsystem?.uses ?? [], `rdsctl detach ${volume.slot}`);
  }

  const state = await step(context, 'intent', `state: detaching ${volume.slot} from ${holder.node}`, () =>
    context.manager.change((current) => {
      // Within the commit: whoever lost the volume's lock must not lay an intent over what another one made.
      lock.assertHeld();
      return beginRelease(current, volume.key, holder.node, 'detach', workOf(context));
    }),
  );
  const token = state.attachments[volume.key]?.token ?? 0;
  trail.token = token;
  checkpointOrExplain(context, volume, holder);
  lock.assertHeld();
  await disconnectStep(context, volume, holder, port, { nqn: disk.nqn, address: server.nvmeAddress }, trail);

  const staying = present.holders.filter(({ node }) => node !== holder.node);
  const [stays] = staying;
  const comment = formatComment(claim.text, {
    owners: staying.map(({ node }) => node),
    token,
    lineage: state.lineage,
  });
  const change: DiskChange =
    stays === undefined
      ? { kind: 'revoke', slot: volume.slot, expectComment: disk.comment, comment }
      : {
          kind: 'admit',
          slot: volume.slot,
          expectComment: disk.comment,
          comment,
          allow: requireHostNqn(stays, volume),
        };
  lock.assertHeld();
  trail.changed(volume.rds, `${change.kind} ${volume.slot}`);
  await step(context, 'revoke', `${volume.rds}: withdraw the export of ${volume.slot}`, () =>
    withdrawn(context, server, change, volume, holder),
  );
  // A live node ended its I/O itself when it disconnected; any other was cut off, perhaps in the middle of a write.
  const open = disk.exported && disk.allow === '';
  const others = open || by.mayHoldOthers;
  const cutOff = (disk.exported && stand !== 'live') || others || mayBeUndrained(present, claim);
  if (change.kind === 'revoke' && cutOff) {
    await step(context, 'drain', `${volume.rds}: nothing in flight for ${volume.slot}?`, () =>
      drained(context, server, volume, holder),
    );
  }
  const after = await step(context, 'state', `state: ${volume.slot} detached`, () =>
    noted(context, volume, holder, token),
  );
  return { after: after.attachments[volume.key] ?? null, wasOpen: open ? disk.nqn : null };
}

function requireHostNqn(holder: Holder, volume: VolumeId): string {
  if (holder.hostNqn !== null) return holder.hostNqn;
  throw new RdsctlError('OPEN_INTENT', {
    message: `the host NQN of ${holder.node}, which keeps ${volume.slot}, is not known`,
    hints: [{ when: 'To learn it:', run: `rdsctl attach ${volume.slot} ${holder.node}` }],
    details: { volume: volume.key, node: holder.node },
  });
}
