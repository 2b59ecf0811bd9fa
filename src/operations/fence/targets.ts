import type { Attachment } from '../../attachment/attachment.ts';
import { parseComment } from '../../attachment/tag.ts';
import { volumeKey } from '../../attachment/names.ts';
import { holds, type VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import { step, type OperationContext } from '../context.ts';
import type { Disk } from '../ports/storage-server.ts';

/** A volume that a node must be cut off from. */
export interface Target extends VolumeId {
  /** In the state; null when only the storage server knows of it. */
  readonly attachment: Attachment | null;
  /** As the storage server showed it; null when it could not be asked, or has no such disk. */
  readonly disk: Disk | null;
  /** Why it could not be asked. */
  readonly error: RdsctlError | null;
}

export interface Targets {
  /** In sorted order. */
  readonly volumes: readonly Target[];
  /** Every disk that was seen, by volume key. */
  readonly disks: ReadonlyMap<string, Disk>;
  /** Storage servers that could not be asked. */
  readonly unasked: readonly { readonly rds: string; readonly error: RdsctlError }[];
}

/**
 * Finds what a node must be cut off from: what the state says it holds or may hold, and what the storage
 * servers export to its host NQN or under its name, known to the state or not.
 * @param only limits it to these volume keys; null = all
 */
export async function findTargets(
  context: OperationContext,
  state: State,
  node: string,
  only: ReadonlySet<string> | null,
): Promise<Targets> {
  const servers = Object.keys(context.config.storageServers);
  const held = Object.values(state.attachments).filter((attachment) => holds(attachment, node));
  const disks = new Map<string, Disk>();
  const failed = new Map<string, RdsctlError>();
  await step(context, 'look', `look at ${servers.join(', ')}`, () =>
    Promise.all(
      servers.map(async (rds) => {
        try {
          const seen = await context.server(rds).look('all', { signal: context.signal });
          for (const disk of seen.disks) disks.set(volumeKey(rds, disk.slot), disk);
        } catch (error) {
          if (!(error instanceof RdsctlError) || context.signal.aborted) throw error;
          failed.set(rds, error);
        }
      }),
    ),
  );
  const targets = new Map<string, Target>();
  for (const attachment of held) {
    const { volume: key, rds, slot } = attachment;
    const disk = disks.get(key) ?? null;
    const error = failed.get(rds) ?? (disk === null ? gone(key) : null);
    targets.set(key, { key, rds, slot, attachment, disk, error });
  }
  for (const [key, disk] of disks) {
    if (targets.has(key) || !grantedTo(state, context, node, disk)) continue;
    const rds = key.slice(0, key.indexOf('/'));
    targets.set(key, { key, rds, slot: disk.slot, attachment: null, disk, error: null });
  }
  const volumes = [...targets.values()]
    .filter(({ key }) => only === null || only.has(key))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    volumes,
    disks,
    unasked: [...failed].map(([rds, error]) => ({ rds, error })),
  };
}

/** Whether an export lets the node in by name: its host NQN on the list, or its name in our own tag. */
function grantedTo(state: State, context: OperationContext, node: string, disk: Disk): boolean {
  if (!disk.exported) return false;
  const known = [context.config.nodes[node]?.hostNqn, state.nodes[node]?.hostNqn];
  if (disk.allow !== '' && known.includes(disk.allow)) return true;
  const { tag } = parseComment(disk.comment);
  return tag !== null && tag !== 'unreadable' && tag.lineage === state.lineage && tag.owners.includes(node);
}

function gone(key: string): RdsctlError {
  return new RdsctlError('NO_SUCH_VOLUME', {
    message: `the storage server has no disk for ${key} any more`,
    hints: [{ when: 'If it was removed there on purpose, forget it:', run: `rdsctl state rebuild` }],
    details: { volume: key },
  });
}
