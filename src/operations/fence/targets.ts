import type { Attachment } from '../../attachment/attachment.ts';
import { parseComment } from '../../attachment/tag.ts';
import { volumeKey } from '../../attachment/names.ts';
import { holds, type VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import { step, type OperationContext } from '../context.ts';
import type { Disk } from '../ports/storage-server.ts';
import { askHosts } from '../survey.ts';
import type { Unasked } from './report.ts';

/** A volume that a node must be cut off from. */
export interface Target extends VolumeId {
  /** In the state; null when only the storage server knows of it. */
  readonly attachment: Attachment | null;
  /** The volume's last fencing token when it was looked at. */
  readonly token: number;
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
  /** RouterOS version of each storage server that was asked. */
  readonly versions: ReadonlyMap<string, string>;
  /** Storage servers that could not be asked. */
  readonly unasked: readonly Unasked[];
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
  const versions = new Map<string, string>();
  const failed = new Map<string, RdsctlError>();
  const seen = await step(context, 'look', `look at ${servers.join(', ')}`, () =>
    askHosts(context, { nodes: [] }),
  );
  for (const [rds, { view, error }] of seen.servers) {
    if (view === null) {
      failed.set(rds, error);
      continue;
    }
    versions.set(rds, view.version);
    for (const disk of view.disks) disks.set(volumeKey(rds, disk.slot), disk);
  }
  const targets = new Map<string, Target>();
  for (const attachment of held) {
    const { volume: key, rds, slot } = attachment;
    const disk = disks.get(key) ?? null;
    const error = failed.get(rds) ?? (disk === null ? gone(key) : null);
    targets.set(key, { key, rds, slot, attachment, token: tokenOf(state, key), disk, error });
  }
  for (const [key, disk] of disks) {
    if (!targets.has(key) && grantedTo(state, context, node, disk))
      targets.set(key, granted(state, key, disk));
  }
  const volumes = [...targets.values()]
    .filter(({ key }) => only === null || only.has(key))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    volumes,
    disks,
    versions,
    unasked: [...failed].map(([rds, error]) => ({ rds, error })),
  };
}

/** What else the storage servers showed to be exported to the node, by a state that knows more of it than before. */
export function alsoGranted(
  context: OperationContext,
  state: State,
  node: string,
  { volumes, disks }: Targets,
  only: ReadonlySet<string> | null,
): Target[] {
  return [...disks]
    .filter(([key, disk]) => (only === null || only.has(key)) && grantedTo(state, context, node, disk))
    .filter(([key]) => !volumes.some((target) => target.key === key))
    .map(([key, disk]) => granted(state, key, disk))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** A volume that the storage server alone says the node may have. */
function granted(state: State, key: string, disk: Disk): Target {
  const rds = key.slice(0, key.indexOf('/'));
  return { key, rds, slot: disk.slot, attachment: null, token: tokenOf(state, key), disk, error: null };
}

/**
 * The targets as they are now that they are locked: a command that had one of them before may have changed it
 * since it was looked at, or given it to another node, from which it must not be cut.
 * @param waited whether they had to be waited for
 */
export async function lookAgain(
  context: OperationContext,
  node: string,
  targets: readonly Target[],
  waited: boolean,
): Promise<{ readonly present: readonly Target[]; readonly gone: readonly Target[] }> {
  const state = await context.manager.state();
  const isOld = ({ key, token, attachment }: Target): boolean =>
    waited || tokenOf(state, key) !== token || (attachment?.intent ?? null) !== null;
  const old = targets.filter(isOld);
  const disks = new Map<string, Disk>();
  const failed = new Map<string, RdsctlError>();
  await Promise.all(
    [...new Set(old.map(({ rds }) => rds))].map(async (rds) => {
      const slots = old.filter((target) => target.rds === rds).map(({ slot }) => slot);
      try {
        const seen = await context.server(rds).look(slots, { signal: context.grace });
        for (const disk of seen.disks) disks.set(volumeKey(rds, disk.slot), disk);
      } catch (error) {
        if (!(error instanceof RdsctlError) || context.grace.aborted) throw error;
        failed.set(rds, error);
      }
    }),
  );
  const fresh = targets.map((target): Target => {
    if (!old.includes(target)) return target;
    const { key, rds } = target;
    const disk = disks.get(key) ?? null;
    const attachment = state.attachments[key] ?? null;
    const held = attachment !== null && holds(attachment, node) ? attachment : null;
    const error = disk === null ? (failed.get(rds) ?? gone(key)) : null;
    return { ...target, attachment: held, token: tokenOf(state, key), disk, error };
  });
  const isStill = ({ attachment, disk, error }: Target): boolean =>
    attachment !== null || error !== null || (disk !== null && grantedTo(state, context, node, disk));
  return { present: fresh.filter(isStill), gone: fresh.filter((target) => !isStill(target)) };
}

function tokenOf(state: State, key: string): number {
  return state.tokens[key] ?? 0;
}

/**
 * Whether an export lets the node in by name: its host NQN on the list, or its name in a tag. Another state's tag
 * counts too: what it manages is not cut here, and must not be taken for cut.
 */
function grantedTo(state: State, context: OperationContext, node: string, disk: Disk): boolean {
  if (!disk.exported) return false;
  const known = [context.config.nodes[node]?.hostNqn, state.nodes[node]?.hostNqn];
  if (disk.allow !== '' && known.includes(disk.allow)) return true;
  const { tag } = parseComment(disk.comment);
  return tag !== null && tag !== 'unreadable' && tag.owners.includes(node);
}

function gone(key: string): RdsctlError {
  return new RdsctlError('NO_SUCH_VOLUME', {
    message: `the storage server has no disk for ${key} any more`,
    hints: [{ when: 'If it was removed there on purpose, forget it:', run: `rdsctl state rebuild` }],
    details: { volume: key },
  });
}
