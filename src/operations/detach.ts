import type { Attachment, Holder } from '../attachment/attachment.ts';
import { unfinished } from '../attachment/refusals.ts';
import { formatComment } from '../attachment/tag.ts';
import {
  beginRelease,
  completeDetach,
  forgetFenced,
  holds,
  type VolumeId,
} from '../attachment/transitions.ts';
import { isReason, RdsctlError } from '../errors/rdsctl-error.ts';
import type { Lock } from '../state/lock.ts';
import type { State } from '../state/state.ts';
import { findSecond } from './attach/second-in.ts';
import { audited, type Trail } from './audited.ts';
import { checkTag, mayBeUndrained } from './claims.ts';
import { checkpoint, step, workOf, type OperationContext } from './context.ts';
import { drain, notDrained } from './drain.ts';
import { lockOptions } from './locking.ts';
import type { NodePort, NodeView } from './ports/node.ts';
import type { Disk, DiskChange, StorageServer } from './ports/storage-server.ts';
import { requireNode, resolveVolume, type MayTouch } from './resolve.ts';
import { lookAtVolume, refuseInUse, standing, subsystemOf } from './seen.ts';
import { settleOne } from './settle.ts';

export interface DetachRequest {
  readonly volume: string;
  /** Only from this node; null = from whoever has it. */
  readonly node: string | null;
}

export interface DetachResult {
  readonly volume: VolumeId;
  /** The attachment as it was before; null when there was none. */
  readonly before: Attachment | null;
  /** What is left of it: another holder of a shared volume; null when nobody has it. */
  readonly after: Attachment | null;
  readonly changed: boolean;
}

/**
 * Disconnects the node and withdraws the export. Not attached (to that node): success, nothing changed.
 * @throws RdsctlError DEVICE_IN_USE with what holds it, UNREACHABLE kinds (nothing is changed when the node
 *   can't be reached), and what the storage server refuses
 */
export async function detach(
  context: OperationContext,
  request: DetachRequest,
  mayTouch: MayTouch,
): Promise<DetachResult> {
  return audited(context, 'detach', request, async (trail) => {
    if (request.node !== null)
      requireNode(context, request.node, { command: 'detach', volume: request.volume });
    const volume = await resolveVolume(context, request.volume, mayTouch);
    trail.volume = volume.key;
    return context.locks.withLock(volume.key, lockOptions(context), (lock) =>
      detachLocked(context, volume, request.node, lock, trail),
    );
  });
}

/** The same, for callers that hold the volume's lock already (move, drain). */
export async function detachLocked(
  context: OperationContext,
  volume: VolumeId,
  node: string | null,
  lock: Lock,
  trail: Trail,
): Promise<DetachResult> {
  const before = await context.manager.getAttachment(volume.key);
  // A node's name given for a volume's must not look like a node that was freed.
  if (before === null && context.config.nodes[volume.slot] !== undefined)
    await lookAtVolume(context, context.server(volume.rds), volume.slot);
  if (before === null || (node !== null && !holds(before, node))) {
    return { volume, before, after: before, changed: false };
  }
  if (before.phase === 'fencing') throw unfinished(before);
  trail.token = before.token;
  if (before.phase === 'fenced') {
    await context.manager.change((state) => {
      // Within the commit: whoever lost the volume's lock must not drop what another one made of it.
      lock.assertHeld();
      return forgetFenced(state, volume.key, before.token);
    });
    return { volume, before, after: null, changed: true };
  }
  let present: Attachment | null = before;
  // The NQN of an export that any host could get into: while it was shared, or by a change by hand.
  let open: string | null = null;
  // The last admitted first: what is left of a shared volume is its owner.
  const leaving = [...before.holders].reverse().filter((holder) => node === null || holder.node === node);
  for (const [index, holder] of leaving.entries()) {
    if (present === null) break;
    try {
      const released = await release(context, volume, present, holder, {
        lock,
        trail,
        mayHoldOthers: open !== null,
      });
      present = released.after;
      open ??= released.wasOpen;
    } catch (error) {
      throw index === 0 ? error : afterTheFirst(error, volume, leaving[0], holder);
    }
  }
  if (open !== null && present !== null)
    await refuseThird(context, volume, open, leaving, present.holders[0]);
  return { volume, before, after: present, changed: true };
}

/**
 * Whoever stays is alone on the list again; any host could get in before that, and nobody ends its session.
 * @throws RdsctlError UNTRACKED_EXPORT; what the command was interrupted with: the detach is done by then
 */
async function refuseThird(
  context: OperationContext,
  volume: VolumeId,
  nqn: string,
  left: readonly Holder[],
  { node: owner }: Holder,
): Promise<void> {
  const done = `${volume.slot} was detached from ${left.map(({ node }) => node).join(' and ')}.`;
  let second: RdsctlError | null;
  try {
    second = await findSecond(context, { volume, nqn, owner }, context.signal);
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    throw error.with({
      now: `${done} Whether a third node got in while it was shared was not asked of all.`,
      hints: [{ when: 'To see who is connected:', run: 'rdsctl reconcile --dry-run' }],
    });
  }
  if (second !== null) throw second.with({ now: `${done} ${second.now ?? ''}` });
}

/** What is said of the second of two that share a volume must not hide that the first has lost it. */
function afterTheFirst(error: unknown, volume: VolumeId, first: Holder | undefined, second: Holder): unknown {
  if (!(error instanceof RdsctlError) || first === undefined) return error;
  const now = error.now?.replace(/^Nothing was changed[.:]? ?/, '') ?? '';
  const rest = now === '' ? `${second.node} still has it.` : now.charAt(0).toUpperCase() + now.slice(1);
  return error.with({ now: `${volume.slot} was detached from ${first.node}. ${rest}` });
}

interface Released {
  readonly after: Attachment | null;
  /** The NQN, where any host could get in until then; null where not. */
  readonly wasOpen: string | null;
}

async function release(
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

async function bothSeen(
  context: OperationContext,
  server: StorageServer,
  port: NodePort,
  volume: VolumeId,
  present: Attachment,
  holder: Holder,
): Promise<[Disk, NodeView]> {
  const { node } = holder;
  const [disk, view] = await Promise.allSettled([
    step(context, 'look', `${volume.rds}: look at ${volume.slot}`, () =>
      lookAtVolume(context, server, volume.slot),
    ),
    step(context, 'observe', `${node}: is ${volume.slot} in use?`, () =>
      port.observe({ usesOf: present.nqn === null ? [] : [present.nqn], signal: context.signal }),
    ),
  ]);
  if (view.status === 'rejected') throw nodeUnseen(view.reason, volume, node);
  if (disk.status === 'rejected') {
    throw disk.reason instanceof RdsctlError
      ? disk.reason.with({ now: 'Nothing was changed.' })
      : disk.reason;
  }
  checkpointUntouched(context);
  // Uses were tested for the NQN that the state remembers; should the server tell another, test again.
  if (present.nqn === disk.value.nqn || subsystemOf(view.value, disk.value.nqn) === null) {
    return [disk.value, view.value];
  }
  return [disk.value, await port.observe({ usesOf: [disk.value.nqn], signal: context.signal })];
}

/** A node that can't be asked may have the volume mounted: nothing is changed. */
export function nodeUnseen(error: unknown, volume: Pick<VolumeId, 'slot'>, node: string): unknown {
  if (!(error instanceof RdsctlError)) return error;
  if (error.code !== 'UNREACHABLE') return error.with({ now: 'Nothing was changed.' });
  return error.with({
    now: `Nothing was changed: ${volume.slot} may be in use on ${node}.`,
    hints: [
      ...error.hints,
      { when: `If ${node} is dead, hung or split off, cut it off:`, run: `rdsctl fence ${node}` },
    ],
  });
}

function checkpointUntouched(context: OperationContext): void {
  try {
    checkpoint(context);
  } catch (error) {
    throw error instanceof RdsctlError ? error.with({ now: 'Nothing was changed.' }) : error;
  }
}

function checkpointOrExplain(context: OperationContext, volume: VolumeId, holder: Holder): void {
  try {
    checkpoint(context);
  } catch (error) {
    throw explained(
      error,
      `${volume.slot} is still attached to ${holder.node}; detaching was begun.`,
      volume,
      holder,
    );
  }
}

async function disconnectStep(
  context: OperationContext,
  volume: VolumeId,
  holder: Holder,
  port: NodePort,
  at: { nqn: string; address: string },
  trail: Trail,
): Promise<void> {
  const { node } = holder;
  trail.changed(node, `nvme disconnect ${at.nqn}`);
  await step(context, 'disconnect', `${node}: disconnect ${volume.slot}`, async () => {
    try {
      const result = await port.disconnect(at, { signal: context.grace });
      refuseInUse(volume.slot, node, result.uses, `rdsctl detach ${volume.slot}`);
      if (result.controllers.length === 0) return;
      throw new RdsctlError('NOT_VERIFIED', {
        message: `${node} was told to disconnect ${volume.slot}, but still shows ${result.controllers.map(({ name, state }) => `${name} (${state})`).join(', ')}${result.words === '' ? '' : `: ${result.words}`}`,
        details: { node, volume: volume.key, controllers: result.controllers },
      });
    } catch (error) {
      const now = isReason(error, 'DEVICE_IN_USE')
        ? 'It was left connected; nothing else was changed.'
        : `The export of ${volume.slot} was not withdrawn; it stays claimed for ${node}.`;
      throw explained(error, now, volume, holder);
    }
  });
}

async function withdrawn(
  context: OperationContext,
  server: StorageServer,
  change: DiskChange,
  volume: VolumeId,
  holder: Holder,
): Promise<void> {
  try {
    await settleOne(context, server, change);
  } catch (error) {
    throw explained(
      error,
      `${holder.node} is disconnected from ${volume.slot}, but the export is not proved to be withdrawn; it stays claimed for ${holder.node}.`,
      volume,
      holder,
    );
  }
}

async function noted(
  context: OperationContext,
  volume: VolumeId,
  holder: Holder,
  token: number,
): Promise<State> {
  try {
    return await context.manager.change((current) =>
      completeDetach(current, { key: volume.key, token, node: holder.node }),
    );
  } catch (error) {
    if (isReason(error, 'LOST_LOCK')) throw error;
    const now = `${holder.node} is disconnected from ${volume.slot}, and its export is withdrawn; only the state may still claim it for ${holder.node}.`;
    throw explained(error, now, volume, holder);
  }
}

async function drained(
  context: OperationContext,
  server: StorageServer,
  volume: VolumeId,
  holder: Holder,
): Promise<void> {
  const left = await drain(context, server, [volume.slot], context.clock.monotonic());
  if (left.size === 0) return;
  const seconds = context.config.fence.drainTimeout / 1000;
  const error = notDrained(volume.rds, volume.slot, left.get(volume.slot) ?? null, seconds);
  throw explained(error, `${error.now ?? ''} It stays claimed for ${holder.node}.`, volume, holder);
}

function explained(error: unknown, now: string, volume: VolumeId, holder: Holder): unknown {
  if (!(error instanceof RdsctlError)) return error;
  return error.with({
    now,
    hints: [
      ...error.hints,
      { when: 'To finish:', run: `rdsctl detach ${volume.slot}` },
      { when: 'To keep it attached:', run: `rdsctl attach ${volume.slot} ${holder.node}` },
    ],
  });
}
