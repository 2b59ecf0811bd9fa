import { NOBODY } from '../../attachment/host-nqn.ts';
import { parseComment } from '../../attachment/tag.ts';
import { RdsctlError, type Hint } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import type { OperationContext } from '../context.ts';
import type { NodeView } from '../ports/node.ts';
import type { Disk } from '../ports/storage-server.ts';
import { standing, subsystemOf } from '../seen.ts';
import { failedEntry } from './cut.ts';
import { hostNqnsOfOthers, knownHostNqn } from './learn-host-nqn.ts';
import type { FencedVolume } from './report.ts';
import type { Targets } from './targets.ts';

/**
 * Exports that the state gave to nobody and through which the node may be connected, or can come back: to any host; to
 * a host NQN that nobody knows, while the node's own is not known either; to whatever name, where the node itself says
 * that it has a live session. Whose they are is not known, so that they are not cut; but neither is the node proved to
 * be cut off, unless it answers itself and is not connected to them.
 * @param view what the node says; null when it could not be asked
 * @param only limits it to these volume keys; null = all
 */
export function openExports(
  context: OperationContext,
  state: State,
  node: string,
  { targets, view, only }: { targets: Targets; view: NodeView | null; only: ReadonlySet<string> | null },
): FencedVolume[] {
  const isTarget = new Set(targets.volumes.map(({ key }) => key));
  const others = hostNqnsOfOthers(context, state, node);
  const isUnknown = view === null && knownHostNqn(context, state, node) === null;
  return [...targets.disks].flatMap(([key, disk]) => {
    const phase = state.attachments[key]?.phase ?? 'fenced';
    if (!disk.exported || isTarget.has(key) || phase !== 'fenced') return [];
    if (only !== null && !only.has(key)) return [];
    const rds = key.slice(0, key.indexOf('/'));
    const { slot } = disk;
    const subsystem = view === null ? null : subsystemOf(view, disk.nqn);
    const isConnected =
      disk.allow === ''
        ? (subsystem?.controllers.length ?? 0) > 0
        : standing(subsystem, context.server(rds).nvmeAddress) === 'live';
    const mayBe = view === null && (disk.allow === '' || (isUnknown && isNobodysWeKnow(disk, others)));
    if (!isConnected && !mayBe) return [];
    const to = disk.allow === '' ? 'any host' : disk.allow;
    const unknown = disk.allow !== '' && mayBe ? `, and which host NQN ${node} has is not known` : '';
    const error = new RdsctlError('NOT_VERIFIED', {
      message: `${slot} is exported on ${rds} to ${to}, and not by this rdsctl${unknown}: ${node} ${isConnected ? 'is' : 'may be'} connected to it`,
      hints: [
        ...(unknown === '' ? [] : [setHostNqn(node)]),
        { when: `If a node uses ${slot}, take that connection into the state:`, run: `rdsctl adopt ${slot}` },
        {
          when: 'If nobody uses it, end the export on the storage server:',
          run: `/disk set [find where slot="${slot}"] nvme-tcp-export=no   # on ${rds}`,
        },
      ],
      details: { volume: key, node, allow: disk.allow },
    });
    return [failedEntry({ key, rds, slot, attachment: null, token: 0, disk, error: null }, error)];
  });
}

/** An export for a host that neither the configuration, nor the state, nor a tag tells the node of. */
function isNobodysWeKnow({ allow, comment }: Disk, others: ReadonlySet<string>): boolean {
  if (allow === NOBODY || others.has(allow)) return false;
  const { tag } = parseComment(comment);
  return tag === null || tag === 'unreadable' || tag.owners.length === 0;
}

function setHostNqn(node: string): Hint {
  return {
    when: `If the host NQN of ${node} can be told, write it into the configuration (nodes.${node}.hostNqn), then:`,
    run: `rdsctl fence ${node}`,
  };
}
