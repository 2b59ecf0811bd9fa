import type { DeadMount } from './ports/node.ts';

/** Words that no shell reads as anything but themselves. */
const PLAIN_WORD = /^[A-Za-z0-9_./:@,+-]+$/;

/** "/srv/data is mounted from /dev/nvme0n1, which is gone", for a sentence. */
export function describeDeadMounts(dead: readonly DeadMount[]): string {
  return dead.map(({ device, mount }) => `${mount} is mounted from ${device}, which is gone`).join('; ');
}

/** The line that ends them, for the node's shell; the last mounted first, since one may be inside another. */
export function umountLine(dead: readonly DeadMount[]): string {
  const mounts = [...new Set(dead.map(({ mount }) => mount))].reverse();
  return `umount ${mounts.map(quoted).join(' ')}`;
}

function quoted(path: string): string {
  return PLAIN_WORD.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
