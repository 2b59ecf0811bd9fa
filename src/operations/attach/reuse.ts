import type { Attachment } from '../../attachment/attachment.ts';
import { attachedElsewhere } from '../../attachment/refusals.ts';
import { completeAttach, tokenShown } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State, StateChange } from '../../state/state.ts';
import type { Trail } from '../audited.ts';
import { workOf, type OperationContext } from '../context.ts';
import type { NodePort } from '../ports/node.ts';
import { standing, usableDevice } from '../seen.ts';
import { connectStep } from './connect.ts';
import type { Picture } from './picture.ts';
import { attachmentIn, type AttachResult } from './request.ts';

/** The grant stands: only the node's side is looked after. An export is never toggled under its owner. */
export async function reuse(
  context: OperationContext,
  picture: Picture,
  port: NodePort,
  trail: Trail,
): Promise<AttachResult> {
  const { volume, node, present, transport } = picture;
  if (present === undefined) throw new RdsctlError('INTERNAL', { message: 'reuse without an attachment' });
  let device = usableDevice(picture.subsystem)?.path ?? null;
  let changed = false;
  trail.token = present.token;
  if (standing(picture.subsystem, transport.address) !== 'live' || device === null) {
    trail.changed(node, `nvme connect ${picture.disk.nqn}`);
    device = await connectStep(context, picture, port);
    changed = true;
  }
  const { intent } = present;
  const known = present.holders.find((holder) => holder.node === node);
  if (intent === null && known?.device === device) {
    const attachment = await caughtUp(context, picture, present);
    return { attachment, node, device, changed };
  }
  const token = present.token;
  const found = device;
  const complete = (current: State): StateChange => {
    const now = current.attachments[volume.key];
    if (now?.token !== token) throw attachedElsewhere(now ?? present, node);
    const opened: State = {
      ...current,
      attachments: {
        ...current.attachments,
        [volume.key]: { ...now, intent: now.intent ?? openIntent(context, picture, token) },
      },
    };
    return completeAttach(opened, { key: volume.key, token, node, device: found });
  };
  let state: State;
  try {
    state = await context.manager.change(complete);
  } catch (error) {
    if (!changed || !(error instanceof RdsctlError) || error.code !== 'STATE') throw error;
    throw error.with({
      now: `${volume.slot} is connected on ${node} as ${device}, and stays claimed for it; only the state may not say so yet.`,
      hints: [...error.hints, { when: 'Then again:', run: `rdsctl attach ${volume.slot} ${node}` }],
    });
  }
  return { attachment: attachmentIn(state, volume), node, device, changed: changed || intent !== null };
}

/** An admission of this node alone that was cut short after it was made left the record behind the tag. */
async function caughtUp(
  context: OperationContext,
  { volume, claim: { tag } }: Picture,
  present: Attachment,
): Promise<Attachment> {
  if (tag === null || tag.token <= present.token) return present;
  const state = await context.manager.change((current) => tokenShown(current, volume.key, tag.token));
  return attachmentIn(state, volume);
}

function openIntent(context: OperationContext, picture: Picture, token: number) {
  const { now: since, by, pid } = workOf(context);
  return {
    verb: 'attach' as const,
    node: picture.node,
    hostNqn: picture.identity.hostNqn,
    token,
    since,
    by,
    pid,
  };
}
