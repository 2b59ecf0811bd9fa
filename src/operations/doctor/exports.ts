import { volumeKey } from '../../attachment/names.ts';
import { standingOfTag } from '../../attachment/tag-standing.ts';
import { parseComment } from '../../attachment/tag.ts';
import type { State } from '../../state/state.ts';
import type { Disk } from '../ports/storage-server.ts';
import type { Told } from '../ports/storage-server-diagnosis.ts';
import { checksOf, type Check } from './check.ts';

/** What the storage server offers, and to whom. @param state null = it could not be read */
export function checkExports(rds: string, disks: Told<readonly Disk[]>, state: State | null): Check[] {
  const { unknown, ok } = checksOf(rds);
  if ('untold' in disks) return [unknown('export.disks', 'disks', `could not be checked: ${disks.untold}`)];
  const found = [
    ...checkMounts(rds, disks.told),
    ...checkOpen(rds, disks.told, state),
    ...checkUntracked(rds, disks.told, state),
    ...checkPorts(rds, disks.told),
  ];
  const wrong = found.some(({ severity }) => severity === 'error' || severity === 'warning');
  const exported = disks.told.filter((disk) => disk.exported).length;
  if (!wrong) found.push(ok('export.disks', 'disks', `${disks.told.length} volumes, ${exported} exported`));
  return found;
}

function checkMounts(rds: string, disks: readonly Disk[]): Check[] {
  const { error, warning } = checksOf(rds);
  const mounted = disks.filter(({ mountFilesystem }) => mountFilesystem === true);
  const why =
    'RouterOS mounts the file system that a node writes: two writers, and the file system is destroyed.';
  const check = (make: typeof error, slots: readonly string[], state: string): Check[] =>
    slots.length === 0
      ? []
      : [
          make(
            'export.mount-filesystem',
            slots.join(', '),
            `mount-filesystem=yes${state}`,
            why,
            `/disk/set [find where ${anyOf(slots)}] mount-filesystem=no`,
          ),
        ];
  const slots = (exported: boolean) =>
    mounted.filter((disk) => disk.exported === exported).map(({ slot }) => slot);
  return [...check(error, slots(true), ', and exported'), ...check(warning, slots(false), '')];
}

function checkOpen(rds: string, disks: readonly Disk[], state: State | null): Check[] {
  const { error, info } = checksOf(rds);
  return disks
    .filter(({ exported, allow }) => exported && allow === '')
    .map(({ slot }) => {
      const attachment = state?.attachments[volumeKey(rds, slot)];
      if (attachment !== undefined && attachment.sharedUntil !== null) {
        return info('export.any-host', slot, `open to any host: shared until ${attachment.sharedUntil}`);
      }
      const owner = attachment?.phase === 'attached' ? attachment.holders[0].hostNqn : null;
      return error(
        'export.any-host',
        slot,
        'exported to any host',
        'Two nodes can connect and write, both without a warning; a fence of one does not keep it out.',
        owner === null
          ? `/disk/set [find where slot="${slot}"] nvme-tcp-export=no`
          : `/disk/set [find where slot="${slot}"] nvme-tcp-server-allow-host-name="${owner}"`,
      );
    });
}

function checkUntracked(rds: string, disks: readonly Disk[], state: State | null): Check[] {
  const { warning, unknown } = checksOf(rds);
  const exported = disks.filter((disk) => disk.exported);
  if (state === null) {
    return exported.length === 0
      ? []
      : [unknown('export.untracked', 'exports', 'could not be checked: the state can not be read')];
  }
  return exported.flatMap((disk) => {
    const key = volumeKey(rds, disk.slot);
    const attachment = state.attachments[key];
    if (attachment !== undefined && attachment.phase !== 'fenced') return [];
    return [warning('export.untracked', disk.slot, ...untracked(state, key, disk), 'here')];
  });
}

/** What it is, why that matters, and the line that mends it. */
function untracked(state: State, key: string, disk: Disk): [string, string, string] {
  const { tag } = parseComment(disk.comment);
  const to = disk.allow === '' ? 'any host' : disk.allow;
  switch (standingOfTag(state, key, tag)) {
    case 'foreign':
      return [
        `exported by another rdsctl state${tag === null || tag === 'unreadable' ? '' : ` (lineage ${tag.lineage})`}`,
        'Two states over one storage server refuse each other; use the one that manages it.',
        'rdsctl --state PATH list',
      ];
    case 'newer':
    case 'other':
      return [
        `exported to ${to} by another copy of this state`,
        'This state is an old copy, or one of two: it can be neither attached nor adopted with it.',
        'rdsctl state rebuild',
      ];
    case 'unreadable':
      return [
        `exported to ${to}, with a tag that can not be read`,
        'It can be neither attached nor adopted before it is known whose it is.',
        `rdsctl show ${key}`,
      ];
    case 'none':
    case 'nobody':
    case 'owner':
    case 'part':
    case 'older':
      return [
        `exported to ${to}, and the state gives it to nobody`,
        'Somebody may be using it whom rdsctl does not know: it can be neither attached nor fenced safely.',
        `rdsctl adopt ${key}`,
      ];
  }
}

/** One port for all: a node that retries while its volume is off and others are on loses it for good (lab b2). */
function checkPorts(rds: string, disks: readonly Disk[]): Check[] {
  const { info } = checksOf(rds);
  const exported = disks.filter((disk) => disk.exported);
  const shared = exported.filter(({ port, slot }) =>
    exported.some((other) => other.port === port && other.slot !== slot),
  );
  if (shared.length === 0) return [];
  return [
    info(
      'export.shared-port',
      `${shared.length} exports`,
      `share a TCP port (${[...new Set(shared.map(({ port }) => port))].join(', ')})`,
      'After a reboot of the storage server, newer kernels drop a volume whose export comes back later than the port does; reconcile attaches it again. A port for each volume avoids it, set while it is not attached.',
      `/disk/set [find where slot="${shared[0]?.slot ?? ''}"] nvme-tcp-server-port=4421`,
    ),
  ];
}

function anyOf(slots: readonly string[]): string {
  return slots.map((slot) => `slot="${slot}"`).join(' or ');
}
