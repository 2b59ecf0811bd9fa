import type { HeldDevice } from './uses.ts';
import { BLOCK_MAJOR } from './sysfs.ts';
import type { Entry, Unit } from './tree.ts';

const ROOT_MOUNT = '22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw';

/** Processes that every node has. */
const RESIDENT = new Map([
  [1, 'systemd'],
  [412, 'sshd'],
  [530, 'cron'],
]);
/** The process whose mount namespace is a container's. */
const CONTAINER = 777;

/** What /proc shows of mounts, swap and open devices: as Linux writes it. */
export function procUnit(held: readonly HeldDevice[]): Unit {
  const unit = new Map<string, Entry>();
  const own = mountinfo(held, ['own']);
  const processes = new Map<number, { command: string; mounts: string; fds: string[] }>();
  for (const [pid, command] of RESIDENT) processes.set(pid, { command, mounts: own, fds: ['/dev/null'] });
  if (held.some((each) => each.use.kind === 'mount' && each.use.seen === 'container')) {
    const mounts = mountinfo(held, ['own', 'container']);
    processes.set(CONTAINER, { command: 'containerd-shim', mounts, fds: ['/dev/null'] });
  }
  for (const { device, use } of held) {
    if (use.kind !== 'process') continue;
    processes.set(use.pid, { command: use.command, mounts: own, fds: ['/dev/null', `/dev/${device.name}`] });
  }
  for (const [pid, { command, mounts, fds }] of processes) {
    unit.set(`proc/${pid}`, { dir: true });
    unit.set(`proc/${pid}/comm`, { file: `${command}\n` });
    unit.set(`proc/${pid}/cmdline`, { file: `${command}\0` });
    unit.set(`proc/${pid}/mountinfo`, { file: mounts });
    // One file for each mount namespace: processes of one have the same inode behind their links.
    const ofItsOwn = pid === 1 || pid === CONTAINER;
    unit.set(`proc/${pid}/ns/mnt`, ofItsOwn ? { file: '' } : { link: '../../1/ns/mnt' });
    unit.set(`proc/${pid}/fd`, { dir: true });
    fds.forEach((to, number) => unit.set(`proc/${pid}/fd/${number}`, { link: to }));
  }
  unit.set('proc/self', { link: '1' });
  unit.set('proc/swaps', { file: swaps(held) });
  return unit;
}

function mountinfo(held: readonly HeldDevice[], seen: readonly string[]): string {
  let id = 29;
  const lines = held.flatMap(({ device, use }) => {
    if (use.kind !== 'mount' || !seen.includes(use.seen)) return [];
    const where = use.directory.replace(
      /[\\ \t\n]/g,
      (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`,
    );
    return [`${id++} 22 ${BLOCK_MAJOR}:${device.minor} / ${where} rw,relatime - ext4 /dev/${device.name} rw`];
  });
  return [ROOT_MOUNT, ...lines, ''].join('\n');
}

function swaps(held: readonly HeldDevice[]): string {
  const lines = held.flatMap(({ device, use }) =>
    use.kind === 'swap'
      ? [
          `/dev/${device.name}`.padEnd(40) +
            `partition\t${Math.floor(device.identity.size / 1024) - 4}\t\t0\t\t-2`,
        ]
      : [],
  );
  return ['Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority', ...lines, ''].join('\n');
}

/** Block devices that stand on others: device-mapper holders and loop devices. */
export function stackedUnit(held: readonly HeldDevice[]): Unit {
  const unit = new Map<string, Entry>();
  for (const { device, use } of held) {
    if (use.kind === 'holder' || use.kind === 'loop') {
      unit.set(`sys/devices/virtual/block/${use.name}`, { dir: true });
    }
    if (use.kind === 'holder') {
      unit.set(`sys/devices/virtual/block/${use.name}/dm/name`, { file: `vg0-${use.name}\n` });
      unit.set(`sys/block/${use.name}`, { link: `../devices/virtual/block/${use.name}` });
    } else if (use.kind === 'loop') {
      unit.set(`sys/devices/virtual/block/${use.name}/loop/backing_file`, { file: `/dev/${device.name}\n` });
      unit.set(`sys/block/${use.name}`, { link: `../devices/virtual/block/${use.name}` });
    }
  }
  return unit;
}
