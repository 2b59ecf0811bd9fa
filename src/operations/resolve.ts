import { checkName, parseVolumeName, volumeKey } from '../attachment/names.ts';
import type { VolumeId } from '../attachment/transitions.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { State } from '../state/state.ts';
import type { OperationContext } from './context.ts';
import { didYouMean } from './nearest.ts';

/** Which configured storage servers may have a slot: what the configuration's globs let through. */
export type MayTouch = (rds: string, slot: string) => boolean;

/**
 * Finds the one volume that a name means: `rds/slot` says it; a bare slot is looked for in the state, then
 * among the storage servers whose globs let it through, which are asked only when there are several.
 * @throws RdsctlError BAD_NAME, NO_SUCH_STORAGE_SERVER, NO_SUCH_VOLUME, AMBIGUOUS_VOLUME, UNREACHABLE kinds
 */
export async function resolveVolume(
  context: OperationContext,
  name: string,
  mayTouch: MayTouch,
): Promise<VolumeId> {
  const { rds, slot } = parseVolumeName(name);
  const servers = Object.keys(context.config.storageServers);
  if (rds !== null) {
    if (!servers.includes(rds)) throw noServer(rds, servers);
    if (!mayTouch(rds, slot)) throw outOfReach(rds, slot);
    return { key: volumeKey(rds, slot), rds, slot };
  }
  const candidates = servers.filter((server) => mayTouch(server, slot));
  const [only] = candidates;
  if (only === undefined) throw noVolume(slot, servers);
  if (candidates.length === 1) return { key: volumeKey(only, slot), rds: only, slot };

  const tracked = Object.values((await context.manager.state()).attachments).filter(
    (attachment) => attachment.slot === slot && candidates.includes(attachment.rds),
  );
  const [one] = tracked;
  if (one !== undefined && tracked.length === 1) return { key: one.volume, rds: one.rds, slot };

  const having = await Promise.all(
    candidates.map(async (server) => {
      const seen = await context.server(server).look([slot], { signal: context.signal });
      return seen.disks.length > 0 ? server : null;
    }),
  );
  const found = having.filter((server) => server !== null);
  const [first] = found;
  if (first === undefined) throw noVolume(slot, candidates);
  if (found.length > 1) {
    throw new RdsctlError('AMBIGUOUS_VOLUME', {
      message: `${slot} is the name of a volume on ${found.join(' and ')}`,
      now: 'Nothing was changed.',
      hints: found.map((server) => ({ when: `For the one on ${server} say:`, run: `${server}/${slot}` })),
      details: { slot, candidates: found },
    });
  }
  return { key: volumeKey(first, slot), rds: first, slot };
}

/**
 * @param given the command and the volume that the name was given with, to notice the wrong order
 * @throws RdsctlError BAD_NAME, NO_SUCH_NODE
 */
export function requireNode(
  context: OperationContext,
  name: string,
  given?: { readonly command: string; readonly volume: string },
): string {
  checkName('node', name);
  const nodes = Object.keys(context.config.nodes);
  if (nodes.includes(name)) return name;
  const swapped = given !== undefined && nodes.includes(given.volume);
  throw new RdsctlError('NO_SUCH_NODE', {
    message: `the configuration names no node ${name}${swapped ? `, but a node ${given.volume}: the volume comes first` : didYouMean(name, nodes)}`,
    now: 'Nothing was changed.',
    hints: swapped
      ? [{ when: 'In that order:', run: `rdsctl ${given.command} ${name} ${given.volume}` }]
      : [{ when: 'See the nodes it names:', run: 'rdsctl nodes' }],
    details: { node: name, known: nodes },
  });
}

/**
 * The same for a command that takes no volume, with the state at hand: a volume's name given for a node's is
 * noticed. Nobody is told to do it to the node that has the volume.
 * @throws RdsctlError BAD_NAME, NO_SUCH_NODE
 */
export function requireNodeAlone(context: OperationContext, state: State, name: string): string {
  const nodes = Object.keys(context.config.nodes);
  const isVolume = Object.values(state.attachments).some(({ slot, volume }) => [slot, volume].includes(name));
  if (nodes.includes(name) || !isVolume) return requireNode(context, name);
  throw new RdsctlError('NO_SUCH_NODE', {
    message: `the configuration names no node ${name}, but there is a volume of that name`,
    now: 'Nothing was changed.',
    hints: [{ when: 'See which node has it:', run: `rdsctl show ${name}` }],
    details: { node: name, known: nodes },
  });
}

/** A node's name where a volume's belongs. */
export function noVolumeButNode(node: string, asked: readonly string[]): RdsctlError {
  return new RdsctlError('NO_SUCH_VOLUME', {
    message: `no volume ${node} on ${asked.join(', ')}, but a node of that name`,
    now: 'Nothing was changed.',
    hints: [
      { when: 'See what it has:', run: `rdsctl list --node ${node}` },
      { when: 'To detach all that it has:', run: `rdsctl drain ${node}` },
    ],
    details: { slot: node, asked },
  });
}

export function noVolume(slot: string, asked: readonly string[], known: readonly string[] = []): RdsctlError {
  return new RdsctlError('NO_SUCH_VOLUME', {
    message: `no volume ${slot} on ${asked.join(', ') || 'any storage server'}${didYouMean(slot, known)}`,
    now: 'Nothing was changed.',
    hints: [{ when: 'See what the storage servers hold:', run: 'rdsctl volumes' }],
    details: { slot, asked },
  });
}

export function noServer(rds: string, known: readonly string[]): RdsctlError {
  return new RdsctlError('NO_SUCH_STORAGE_SERVER', {
    message: `the configuration names no storage server ${rds}${didYouMean(rds, known)}`,
    now: 'Nothing was changed.',
    hints: [{ when: 'See the configuration:', run: 'rdsctl config show' }],
    details: { rds, known },
  });
}

function outOfReach(rds: string, slot: string): RdsctlError {
  return new RdsctlError('NO_SUCH_VOLUME', {
    message: `rdsctl may not touch ${slot} on ${rds}: the configuration's volumes for it do not name it`,
    now: 'Nothing was changed.',
    hints: [{ when: 'See the configuration:', run: 'rdsctl config show' }],
    details: { rds, slot },
  });
}
