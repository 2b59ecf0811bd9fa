import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { FencedMark, State } from '../state/state.ts';
import { step, type OperationContext } from './context.ts';
import { describeDeadMounts, umountLine } from './dead-mounts.ts';
import type { Subsystem } from './ports/node.ts';
import { describeUse, subsystemOf } from './seen.ts';

/**
 * Looks on a fenced node for what is left of the volumes it was cut off from.
 * @throws RdsctlError STALE_CONTROLLER, DEVICE_IN_USE, UNREACHABLE kinds, NO_SUCH_NODE; NO_SUCH_VOLUME where it is
 *   not known any more what to look for
 */
export async function lookForLeftovers(
  context: OperationContext,
  state: State,
  node: string,
  mark: FencedMark,
): Promise<void> {
  if (context.config.nodes[node] === undefined) throw notConfigured(node);
  const { nqns, unknown } = await nqnsOf(context, state, mark);
  if (unknown.length > 0) throw notKnown(node, unknown);
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
  const dead = ghosts.flatMap(({ deadMounts = [] }) => deadMounts);
  const why =
    dead.length > 0 ? describeDeadMounts(dead) : 'a mount of it was not ended, or a process did not let go';
  return new RdsctlError('DEVICE_IN_USE', {
    message: `${node} still holds the gone device of ${ghosts.map(({ nqn }) => nqn).join(', ')} open: ${why}`,
    now: `Nothing was changed: ${node} stays fenced.`,
    hints: [
      dead.length > 0
        ? { when: `End it, on ${node}:`, run: umountLine(dead) }
        : { when: `Find the mount on ${node}, and end it:`, run: 'grep /dev/nvme /proc/[0-9]*/mountinfo' },
      { when: 'Or reboot it, then again:', run: `rdsctl unfence ${node}` },
    ],
    details: { node, subsystems: ghosts },
  });
}

/**
 * The NQNs of the volumes that were taken from the node: from the state, else from the storage servers; and the
 * volumes whose NQN neither tells.
 */
async function nqnsOf(
  context: OperationContext,
  state: State,
  mark: FencedMark,
): Promise<{ nqns: string[]; unknown: string[] }> {
  const known = new Map<string, string>();
  const toAsk = new Map<string, string[]>();
  for (const key of mark.volumes) {
    const nqn = state.attachments[key]?.nqn;
    const slash = key.indexOf('/');
    const rds = key.slice(0, slash);
    if (nqn != null) known.set(key, nqn);
    else if (context.config.storageServers[rds] !== undefined) {
      toAsk.set(rds, [...(toAsk.get(rds) ?? []), key.slice(slash + 1)]);
    }
  }
  await Promise.all(
    [...toAsk].map(async ([rds, slots]) => {
      const seen = await context.server(rds).look(slots, { signal: context.signal });
      for (const disk of seen.disks) known.set(`${rds}/${disk.slot}`, disk.nqn);
    }),
  );
  return {
    nqns: [...new Set(known.values())],
    unknown: mark.volumes.filter((key) => !known.has(key)),
  };
}

/** What the node would show of them can not be told from anything else. */
function notKnown(node: string, volumes: readonly string[]): RdsctlError {
  return new RdsctlError('NO_SUCH_VOLUME', {
    message: `${node} was cut off from ${volumes.join(', ')}, which no configured storage server has any more: whether it still holds controllers of ${volumes.length === 1 ? 'it' : 'them'} can not be looked at`,
    now: `Nothing was changed: ${node} stays fenced.`,
    hints: [
      { when: `Look on ${node} for controllers that nobody knows:`, run: 'nvme list-subsys' },
      { when: 'When none is left:', run: `rdsctl unfence ${node} --force` },
    ],
    details: { node, volumes },
  });
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
