import { liftFence } from '../attachment/transitions.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { FencedMark, State } from '../state/state.ts';
import { audited, type Trail } from './audited.ts';
import { checkpoint, step, type OperationContext } from './context.ts';
import { unblockNode, unblockStale } from './firewall/block.ts';
import { knownNode } from './fence/known-node.ts';
import type { Subsystem } from './ports/node.ts';
import { describeUse, subsystemOf } from './seen.ts';

export interface UnfenceResult {
  readonly node: string;
  /** The mark that was lifted; null when the node was not fenced. */
  readonly mark: FencedMark | null;
  /** Volumes that were listed as fenced off the node and are untracked now. */
  readonly released: readonly string[];
  readonly changed: boolean;
}

/**
 * Lifts the mark, after the node itself shows that no controller and no mount of the volumes it was cut off
 * from is left. `force` skips that look.
 * @throws RdsctlError STALE_CONTROLLER, DEVICE_IN_USE, UNREACHABLE kinds, OPEN_INTENT
 */
export async function unfence(
  context: OperationContext,
  request: { readonly node: string; readonly force: boolean },
): Promise<UnfenceResult> {
  return audited(context, 'unfence', { volume: null, node: request.node }, async (trail) => {
    const state = await context.manager.state();
    const node = knownNode(context, state, request.node);
    const mark = state.nodes[node]?.fenced ?? null;
    if (mark === null) {
      return { node, mark, released: [], changed: await unblockStale(context, node, trail) };
    }
    refuseUnfinished(state, node);
    if (request.force) {
      context.report({
        type: 'warning',
        message: `${node} was not checked for stale controllers and mounts of ${mark.volumes.join(', ') || 'its old volumes'}`,
      });
    } else {
      await checkNode(context, state, node, mark);
    }
    checkpoint(context);
    await letThrough(context, node, request.force, trail);
    const released = Object.values(state.attachments)
      .filter(({ phase, holders }) => phase === 'fenced' && holders[0].node === node)
      .map(({ volume }) => volume);
    await step(context, 'state', `state: lift the mark of ${node}`, () =>
      context.manager.change((current) => {
        refuseUnfinished(current, node);
        return liftFence(current, node);
      }),
    );
    return { node, mark, released, changed: true };
  });
}

/** Off the firewalls' lists first: a mark that is lifted must not leave a node that reaches nothing. */
async function letThrough(
  context: OperationContext,
  node: string,
  force: boolean,
  trail: Trail,
): Promise<void> {
  try {
    await unblockNode(context, node, trail);
  } catch (error) {
    if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
    if (!force) {
      throw error.with({
        now: `${node} stays fenced: the firewalls of the storage servers may still drop what it sends.`,
        hints: [
          ...error.hints,
          { when: 'To lift the mark all the same:', run: `rdsctl unfence ${node} --force` },
        ],
      });
    }
    context.report({
      type: 'warning',
      message: `${node} may still be on the list of fenced nodes of a firewall: ${error.message}. Later: rdsctl unfence ${node}`,
    });
  }
}

/** A fence that is not proved yet must be finished first. */
function refuseUnfinished(state: State, node: string): void {
  const open = Object.values(state.attachments).filter(
    ({ phase, intent }) => phase === 'fencing' && intent?.node === node,
  );
  if (open.length === 0) return;
  throw new RdsctlError('OPEN_INTENT', {
    message: `${node} is not proved to be cut off from ${open.map(({ slot }) => slot).join(', ')} yet`,
    now: `Nothing was changed. Treat ${node} as still connected.`,
    hints: [{ when: 'To finish the fence:', run: `rdsctl fence ${node}` }],
    details: { node, volumes: open.map(({ volume }) => volume) },
  });
}

async function checkNode(
  context: OperationContext,
  state: State,
  node: string,
  mark: FencedMark,
): Promise<void> {
  if (context.config.nodes[node] === undefined) throw notConfigured(node);
  const nqns = await nqnsOf(context, state, mark);
  const view = await step(context, 'observe', `${node}: look for stale controllers and mounts`, async () => {
    try {
      return await context.node(node).observe({ usesOf: nqns, signal: context.signal });
    } catch (error) {
      throw error instanceof RdsctlError && error.code === 'UNREACHABLE' ? unseen(error, node) : error;
    }
  });
  const left = nqns.map((nqn) => subsystemOf(view, nqn)).filter((subsystem) => subsystem !== null);
  const used = left.filter(({ uses }) => uses.length > 0);
  const controlled = left.filter(({ controllers }) => controllers.length > 0);
  // The kernel keeps a subsystem without controllers only as long as somebody holds its device open.
  const ghosts = left.filter(({ controllers, uses }) => controllers.length === 0 && uses.length === 0);
  if (used.length > 0) {
    throw new RdsctlError('DEVICE_IN_USE', {
      message: `${node} still uses volumes it was cut off from: ${used.map(describeUses).join('; ')}`,
      now: `Nothing was changed: ${node} stays fenced.`,
      hints: [
        {
          when: `Have ${node} drop its dead controllers (mounts can be ended then):`,
          run: `rdsctl fence ${node} --yes`,
        },
        { when: 'Or reboot it, then again:', run: `rdsctl unfence ${node}` },
      ],
      details: { node, subsystems: used },
    });
  }
  if (controlled.length > 0) {
    throw new RdsctlError('STALE_CONTROLLER', {
      message: `${node} still holds controllers of volumes it was cut off from: ${controlled.map(({ nqn, controllers }) => `${nqn} (${controllers.map(({ name, state: is }) => `${name} ${is}`).join(', ')})`).join('; ')}`,
      now: `Nothing was changed: ${node} stays fenced. They would replay their queued writes.`,
      hints: [
        { when: `Have ${node} drop them:`, run: `rdsctl fence ${node} --yes` },
        { when: 'Then again:', run: `rdsctl unfence ${node}` },
      ],
      details: { node, subsystems: controlled },
    });
  }
  if (ghosts.length > 0) throw ghostly(node, ghosts);
}

function ghostly(node: string, ghosts: readonly Subsystem[]): RdsctlError {
  return new RdsctlError('DEVICE_IN_USE', {
    message: `${node} still holds the gone device of ${ghosts.map(({ nqn }) => nqn).join(', ')} open: a mount of it was not ended, or a process did not let go`,
    now: `Nothing was changed: ${node} stays fenced.`,
    hints: [
      { when: `Find the mount on ${node}, and end it:`, run: 'grep /dev/nvme /proc/[0-9]*/mountinfo' },
      { when: 'Or reboot it, then again:', run: `rdsctl unfence ${node}` },
    ],
    details: { node, subsystems: ghosts },
  });
}

/** The NQNs of the volumes that were taken from the node: from the state, else from the storage servers. */
async function nqnsOf(context: OperationContext, state: State, mark: FencedMark): Promise<string[]> {
  const known = new Map<string, string>();
  const unknown = new Map<string, string[]>();
  for (const key of mark.volumes) {
    const nqn = state.attachments[key]?.nqn;
    const slash = key.indexOf('/');
    const rds = key.slice(0, slash);
    if (nqn != null) known.set(key, nqn);
    else if (context.config.storageServers[rds] !== undefined) {
      unknown.set(rds, [...(unknown.get(rds) ?? []), key.slice(slash + 1)]);
    }
  }
  await Promise.all(
    [...unknown].map(async ([rds, slots]) => {
      const seen = await context.server(rds).look(slots, { signal: context.signal });
      for (const disk of seen.disks) known.set(`${rds}/${disk.slot}`, disk.nqn);
    }),
  );
  return [...new Set(known.values())];
}

function describeUses({ nqn, uses }: Subsystem): string {
  return `${nqn} is ${uses.map(describeUse).join(', ')}`;
}

function unseen(error: RdsctlError, node: string): RdsctlError {
  return error.with({
    now: `Nothing was changed: ${node} stays fenced, since it could not be looked at.`,
    hints: [
      ...error.hints,
      {
        when: `If ${node} was rebuilt or rebooted, so that nothing of before can be left:`,
        run: `rdsctl unfence ${node} --force`,
      },
    ],
  });
}

function notConfigured(node: string): RdsctlError {
  return new RdsctlError('NO_SUCH_NODE', {
    message: `${node} is fenced, but the configuration names it no more: it can not be looked at`,
    now: 'Nothing was changed.',
    hints: [{ when: 'If it is gone for good:', run: `rdsctl unfence ${node} --force` }],
    details: { node },
  });
}
