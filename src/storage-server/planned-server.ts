import { NOBODY } from '../attachment/host-nqn.ts';
import type { FenceEntry } from '../operations/ports/firewall.ts';
import type { Disk, DiskChange, StorageServer } from '../operations/ports/storage-server.ts';
import { firewallChangeScript } from './firewall-scripts.ts';
import { changeScript, inFlightScript } from './scripts.ts';

/**
 * A storage server for a dry run: looks are real, changes are only told (the very lines that would be sent)
 * and from then on shown as if they had been made.
 */
export function plannedServer(
  server: StorageServer,
  options: { readonly nonce: () => string; readonly onCommand: (line: string, changes: boolean) => void },
): StorageServer {
  const seen = new Map<string, Disk>();
  const changed = new Map<string, Disk>();
  /** A drain asks the same again and again: it is told once. */
  const asked = new Set<string>();
  return {
    ...server,
    async look(slots, lookOptions) {
      const view = await server.look(slots, lookOptions);
      for (const disk of view.disks) seen.set(disk.slot, disk);
      return { ...view, disks: view.disks.map((disk) => changed.get(disk.slot) ?? disk) };
    },
    change(changes) {
      options.onCommand(changeScript(changes, options.nonce()), true);
      return Promise.resolve(
        changes.map((change) => {
          const before = changed.get(change.slot) ?? seen.get(change.slot);
          if (before === undefined) {
            return { slot: change.slot, ok: false as const, why: 'no-such-disk' as const, text: '' };
          }
          const disk = after(before, change);
          changed.set(change.slot, disk);
          return { slot: change.slot, ok: true as const, disk };
        }),
      );
    },
    inFlight(slots) {
      const which = slots.join(' ');
      if (!asked.has(which)) options.onCommand(inFlightScript(slots, options.nonce()), false);
      asked.add(which);
      return Promise.resolve(new Map(slots.map((slot) => [slot, 0])));
    },
    async changeFirewall(change, changeOptions) {
      const view = await server.lookAtFirewall(changeOptions);
      options.onCommand(firewallChangeScript(change, options.nonce()), true);
      const others = view.entries.filter(({ comment }) => comment !== change.comment);
      const added = change.addresses.map((address): FenceEntry => ({
        family: address.includes(':') ? 6 : 4,
        address,
        comment: change.comment,
      }));
      return { ...view, entries: change.kind === 'block' ? [...others, ...added] : others };
    },
  };
}

function after(disk: Disk, change: DiskChange): Disk {
  if (change.kind === 'toggle') return { ...disk, comment: change.comment, exported: change.exported };
  if (change.kind === 'revoke') return { ...disk, comment: change.comment, allow: NOBODY, exported: false };
  return { ...disk, comment: change.comment, allow: change.allow, exported: true };
}
