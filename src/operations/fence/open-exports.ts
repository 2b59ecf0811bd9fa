import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import type { NodeView } from '../ports/node.ts';
import { subsystemOf } from '../seen.ts';
import { failedEntry } from './cut.ts';
import type { FencedVolume } from './report.ts';
import type { Targets } from './targets.ts';

/**
 * Exports that let any host in and that the state gave to nobody: the node may be connected to them, and can come
 * back. Whose they are is not known, so that they are not cut; but neither is the node proved to be cut off, unless
 * it answers itself and holds no controller of theirs.
 * @param view what the node says; null when it could not be asked
 */
export function openExports(
  state: State,
  node: string,
  targets: Targets,
  view: NodeView | null,
): FencedVolume[] {
  const isTarget = new Set(targets.volumes.map(({ key }) => key));
  return [...targets.disks].flatMap(([key, disk]) => {
    const phase = state.attachments[key]?.phase ?? 'fenced';
    if (!disk.exported || disk.allow !== '' || isTarget.has(key) || phase !== 'fenced') return [];
    const holdsIt = view === null ? null : (subsystemOf(view, disk.nqn)?.controllers.length ?? 0) > 0;
    if (holdsIt === false) return [];
    const rds = key.slice(0, key.indexOf('/'));
    const { slot } = disk;
    const error = new RdsctlError('NOT_VERIFIED', {
      message: `${slot} is exported on ${rds} to any host, and not by this rdsctl: ${node} ${holdsIt === true ? 'is' : 'may be'} connected to it`,
      hints: [
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
