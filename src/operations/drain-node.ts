import type { Attachment } from '../attachment/attachment.ts';
import { holds } from '../attachment/transitions.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { State } from '../state/state.ts';
import { audited } from './audited.ts';
import { eachVolume, partial, type Outcome } from './bulk.ts';
import { step, type OperationContext } from './context.ts';
import { detach, type DetachResult } from './detach/detach.ts';
import { nodeUnseen } from './detach/look.ts';
import type { NodeView, Subsystem, Use } from './ports/node.ts';
import { requireNodeAlone, type MayTouch } from './resolve.ts';
import { sameAddress } from './seen.ts';

/** What a drain came to for one volume. */
export interface DrainedVolume {
  /** As the state had it before. */
  readonly attachment: Attachment;
  /** `gone`: another command had detached it by then. */
  readonly result: 'detached' | 'gone' | 'stayed';
  /** What detaching it came to; null when it stayed. */
  readonly detached: DetachResult | null;
  /** What it is still in use by, where that is why it stayed. */
  readonly uses: readonly Use[];
  readonly error: RdsctlError | null;
}

/** A connection of the node to a configured storage server that the state does not know. */
export type Untracked = Pick<Subsystem, 'nqn' | 'devices' | 'uses'> & { readonly rds: string };

export interface DrainResult {
  readonly node: string;
  readonly volumes: readonly DrainedVolume[];
  readonly untracked: readonly Untracked[];
  readonly changed: boolean;
  /** PARTIAL, when a volume stayed or an untracked connection is left; the command ends with it. */
  readonly failure: RdsctlError | null;
}

/**
 * Detaches every volume of a node, several at a time. One that is in use, or fails otherwise, stays; the
 * others go on. The node is not marked: what is attached to it meanwhile stays attached. What it holds of the
 * storage servers beside the state is told, and left alone: whose it is, is not known.
 * @throws RdsctlError NO_SUCH_NODE, STATE_*
 */
export async function drainNode(
  context: OperationContext,
  request: { readonly node: string },
  mayTouch: MayTouch,
): Promise<DrainResult> {
  return audited(context, 'drain', { volume: null, node: request.node }, async (trail) => {
    const state = await context.manager.state();
    const node = requireNodeAlone(context, state, request.node);
    const held = volumesOf(state, node);
    trail.volume = held.length === 0 ? null : held.map(({ volume }) => volume).join(' ');
    for (const rds of new Set(held.map(({ rds: name }) => name))) {
      if (context.config.storageServers[rds] !== undefined) context.server(rds).open();
    }
    const seen = await lookAtNode(context, node, state);
    const silent = seen.error?.code === 'UNREACHABLE' ? seen.error : null;
    const outcomes =
      silent !== null
        ? held.map(({ slot }) => ({ result: null, error: unseen(silent, slot, node) }))
        : await eachVolume(
            context,
            held.map((attachment) => ({ ...attachment, key: attachment.volume })),
            (own, { volume }) => detach(own, { volume, node }, mayTouch),
          );
    const volumes = held.map((attachment, index) => drained(attachment, outcomes[index]));
    if (silent !== null && held.length === 0) {
      context.report({
        type: 'warning',
        message: `${node} could not be asked whether it holds anything that the state does not know: ${silent.message}`,
      });
    }
    return {
      node,
      volumes,
      untracked: seen.untracked,
      changed: volumes.some(({ detached }) => detached?.changed === true),
      failure: failureOf(node, volumes, seen.untracked, silent === null ? seen.error : null),
    };
  });
}

/** The volumes that the node has, or may have. One that it was fenced off is none of them. */
function volumesOf(state: State, node: string): Attachment[] {
  return Object.values(state.attachments)
    .filter((attachment) => attachment.phase !== 'fenced' && holds(attachment, node))
    .sort((a, b) => (a.volume < b.volume ? -1 : 1));
}

/** One look before all others: a node that can't be asked is waited for once, not once for each volume. */
async function lookAtNode(
  context: OperationContext,
  node: string,
  state: State,
): Promise<{ error: RdsctlError | null; untracked: Untracked[] }> {
  const port = context.node(node);
  try {
    return await step(context, 'observe', `${node}: what does it hold?`, async () => {
      const view = await port.observe({ usesOf: [], signal: context.signal });
      const strange = strangers(context, state, node, view);
      if (strange.length === 0) return { error: null, untracked: [] };
      const usesOf = strange.map(({ nqn }) => nqn);
      const again = await port.observe({ usesOf, signal: context.signal });
      return { error: null, untracked: strangers(context, state, node, again) };
    });
  } catch (error) {
    if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
    return { error, untracked: [] };
  }
}

/** Connections to configured storage servers (by their address, law 8) that the state does not give the node. */
function strangers(context: OperationContext, state: State, node: string, view: NodeView): Untracked[] {
  const known = new Set(volumesOf(state, node).map(({ nqn }) => nqn));
  return view.subsystems
    .filter(({ nqn }) => !known.has(nqn))
    .flatMap(({ nqn, controllers, devices, uses }) => {
      const rds = Object.keys(context.config.storageServers).find((name) =>
        controllers.some(({ address }) => sameAddress(address, context.server(name).nvmeAddress)),
      );
      return rds === undefined ? [] : [{ nqn, devices, uses, rds }];
    });
}

function unseen(error: RdsctlError, slot: string, node: string): RdsctlError {
  const explained = nodeUnseen(error, { slot }, node);
  return explained instanceof RdsctlError ? explained : error;
}

function drained(attachment: Attachment, outcome: Outcome<DetachResult> | undefined): DrainedVolume {
  if (outcome === undefined) throw new RdsctlError('INTERNAL', { message: 'a volume without an outcome' });
  const { result: detached, error } = outcome;
  const uses = error?.reason === 'DEVICE_IN_USE' ? (error.details['uses'] as readonly Use[]) : [];
  const result = detached === null ? 'stayed' : detached.changed ? 'detached' : 'gone';
  return { attachment, result, detached, uses, error };
}

function failureOf(
  node: string,
  volumes: readonly DrainedVolume[],
  untracked: readonly Untracked[],
  unlooked: RdsctlError | null,
): RdsctlError | null {
  const stayed = volumes.flatMap(({ attachment, error }) =>
    error === null ? [] : [{ volume: attachment.slot, error }],
  );
  const strange = untracked.map(({ nqn, rds }) => ({
    volume: nqn,
    error: new RdsctlError('UNTRACKED_EXPORT', {
      message: `${node} is connected to it at ${rds}, and this state does not know of it`,
      now: 'It was left alone.',
      hints: [{ when: 'To take the connection into the state, then again:', run: 'rdsctl adopt' }],
    }),
  }));
  const unknown = unlooked === null ? [] : [{ volume: node, error: unlooked }];
  const parts = [
    ...(stayed.length === 0 ? [] : [`${stayed.length} of ${volumes.length} volumes stayed on ${node}`]),
    ...(strange.length === 0 ? [] : [`${node} holds ${strange.length} that the state does not know`]),
    ...(unlooked === null ? [] : [`what ${node} holds beside the state could not be looked at`]),
  ];
  return partial([...stayed, ...strange, ...unknown], {
    message: parts.join('; '),
    again: { when: 'When that is mended, again:', run: `rdsctl drain ${node}` },
    details: { node },
  });
}
