import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { OperationContext } from './context.ts';
import type { Device, NodeView, Subsystem, Use } from './ports/node.ts';
import type { Disk, StorageServer } from './ports/storage-server.ts';
import { noVolume, noVolumeButNode } from './resolve.ts';

/** What was seen, read as answers to questions. Pure but for {@link lookAtVolume}. */

/** Reads one volume's disk. @throws RdsctlError NO_SUCH_VOLUME and what the server throws */
export async function lookAtVolume(
  context: OperationContext,
  server: StorageServer,
  slot: string,
): Promise<Disk> {
  const seen = await server.look([slot], { signal: context.signal });
  const [disk] = seen.disks;
  if (disk === undefined && context.config.nodes[slot] !== undefined)
    throw noVolumeButNode(slot, [server.name]);
  if (disk === undefined) throw noVolume(slot, [server.name], await slotsOf(context, server));
  return disk;
}

/** The slots there are, for a suggestion: without them the error is told all the same. */
async function slotsOf(context: OperationContext, server: StorageServer): Promise<string[]> {
  try {
    return (await server.look('all', { signal: context.signal })).disks.map((disk) => disk.slot);
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return [];
  }
}

/** The node's subsystem of that NQN, compared whole. */
export function subsystemOf(view: NodeView, nqn: string): Subsystem | null {
  return view.subsystems.find((subsystem) => subsystem.nqn === nqn) ?? null;
}

/** Where a node stands with a volume's subsystem at a storage server. */
export type Standing = 'none' | 'live' | 'dead' | 'elsewhere';

/**
 * `live`: a live controller at that address; `dead`: only controllers in another state (they may come back);
 * `elsewhere`: a controller of that very NQN at another address: another storage server's volume.
 */
export function standing(subsystem: Subsystem | null, address: string): Standing {
  const controllers = subsystem?.controllers ?? [];
  if (controllers.some((controller) => !sameAddress(controller.address, address))) return 'elsewhere';
  if (controllers.some((controller) => controller.state === 'live')) return 'live';
  return controllers.length > 0 ? 'dead' : 'none';
}

/** The block device to use, when there is one that is certain. */
export function usableDevice(subsystem: Subsystem | null): Device | null {
  const usable = (subsystem?.devices ?? []).filter((device) => device.usable);
  return usable.length === 1 ? (usable[0] ?? null) : null;
}

/** IPv6 addresses have many spellings; IPv4 has one. */
export function sameAddress(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

function canonical(address: string): string {
  if (!address.includes(':')) return address;
  try {
    return new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname;
  } catch {
    return address;
  }
}

/** "mounted on /srv/data", for a sentence. */
export function describeUse(use: Use): string {
  switch (use.kind) {
    case 'mount':
      return `mounted on ${use.what}`;
    case 'swap':
      return `used as swap (${use.what})`;
    case 'holder':
      return `held by ${use.what}`;
    case 'loop':
      return `behind ${use.what}`;
    case 'process':
      return `open in ${use.what}`;
    case 'exclusive':
      return `in use by the kernel (${use.what} can not be opened exclusively)`;
    case 'unknown':
      return `perhaps in use (the test failed: ${use.what})`;
  }
}

/** The uses that are worth telling: the exclusive open sees every mount too, and is told only when nothing tells more. */
export function tellingUses(uses: readonly Use[]): readonly Use[] {
  const telling = uses.filter(({ kind }) => kind !== 'exclusive');
  return telling.length > 0 ? telling : uses;
}

/** @throws RdsctlError DEVICE_IN_USE when there is a use */
export function refuseInUse(slot: string, node: string, uses: readonly Use[], command: string): void {
  const named = tellingUses(uses);
  if (named.length === 0) return;
  const mount = named.find(({ kind }) => kind === 'mount');
  throw new RdsctlError('DEVICE_IN_USE', {
    message: `${slot} is in use on ${node}: ${named.map(describeUse).join('; ')}`,
    now: 'Nothing was changed.',
    hints: [
      mount
        ? { when: `On ${node}, then again:`, run: `umount ${mount.what}` }
        : { when: `End that use on ${node}, then again:`, run: command },
      { when: `If ${node} is dead or hung, cut it off instead:`, run: `rdsctl fence ${node}` },
    ],
    details: { volume: slot, node, uses: named },
  });
}
