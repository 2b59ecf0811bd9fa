import type { Answer, Call } from '../calls.ts';
import type { HungReaders } from '../device-access.ts';
import { findDevice, isLive, type NodeKernel } from '../kernel.ts';

function target(args: readonly string[]): string | undefined {
  return args.find((word) => !word.startsWith('-'));
}

/**
 * Waits for a device whose controller is away. The last opener of a device that nobody else holds can't be
 * ended but by SIGKILL (measured: g5): it asks once more with SIGTERM shut off.
 */
async function reading(
  node: NodeKernel,
  hung: HungReaders,
  call: Call,
  path: string,
  then: Answer,
): Promise<Answer> {
  const found = findDevice(node, path);
  if (found === undefined) return then;
  if (isLive(found.device)) return then;
  if (found.device.references === 0 && call.args[0] !== '--sim-again') {
    return { sh: `trap '' TERM\ncall --sim-again "$@"` };
  }
  await hung.open(found.device, call.alive);
  return found.device.gone ? { err: `${call.program}: ${path}: Input/output error\n`, exit: 1 } : then;
}

/** The O_EXCL test: `wipefs --all --no-act DEVICE` (measured: g2, g5). */
export function wipefs(node: NodeKernel, hung: HungReaders, call: Call): Promise<Answer> {
  const path = target(call.args) ?? '';
  const found = findDevice(node, path);
  const shown = `/dev/${path.replace(/^.*\/dev\//, '')}`;
  const error = (why: string): Promise<Answer> =>
    Promise.resolve({ err: `wipefs: error: ${shown}: probing initialization failed: ${why}\n`, exit: 1 });
  if (found === undefined) return error('No such file or directory');
  if (hung.wedged(found.device)) return reading(node, hung, call, path, { exit: 0 });
  if (node.uses.exclusivelyHeld(found.device)) return error('Device or resource busy');
  return reading(node, hung, call, path, { exit: 0 });
}

/** `blkid DEVICE`: reads it. What is on a simulated volume it does not know: exit 2. */
export function blkid(node: NodeKernel, hung: HungReaders, call: Call): Promise<Answer> {
  const path = target(call.args.filter((word) => word !== '--sim-again'));
  if (path === undefined) return Promise.resolve({ exit: 2 });
  return reading(node, hung, call, path, { exit: 2 });
}

/** `mount [-t TYPE] [-o OPTIONS] DEVICE DIRECTORY`; without arguments it lists. */
export async function mount(node: NodeKernel, hung: HungReaders, call: Call): Promise<Answer> {
  const words: string[] = [];
  for (let i = 0; i < call.args.length; i += 1) {
    const word = call.args[i] ?? '';
    if (/^-[to]$/.test(word)) i += 1;
    else if (!word.startsWith('-')) words.push(word);
  }
  const [device, directory] = words;
  if (device === undefined) return { out: mounts(node), exit: 0 };
  if (directory === undefined) {
    return { err: `mount: ${device}: can't find in /etc/fstab.\n`, exit: 1 };
  }
  const found = findDevice(node, device);
  if (found === undefined) {
    return { err: `mount: ${directory}: special device ${device} does not exist.\n`, exit: 32 };
  }
  if (!isLive(found.device)) {
    const there = await hung.open(found.device, call.alive);
    if (!there) return { err: `mount: ${directory}: can't read superblock on ${device}.\n`, exit: 32 };
  }
  if (node.uses.of(found.device).some((use) => use.kind === 'mount' && use.directory === directory)) {
    return { err: `mount: ${directory}: ${device} already mounted on ${directory}.\n`, exit: 32 };
  }
  node.uses.add(found.device.name, { kind: 'mount', directory, seen: 'own' });
  return { exit: 0 };
}

function mounts(node: NodeKernel): string {
  return node.uses.all
    .map(({ device, use }) =>
      use.kind === 'mount' ? `/dev/${device.name} on ${use.directory} type ext4 (rw,relatime)\n` : '',
    )
    .join('');
}

/** `umount [-l] DIRECTORY|DEVICE`: hangs while the controller is away (measured: g4). */
export async function umount(node: NodeKernel, hung: HungReaders, call: Call): Promise<Answer> {
  const what = target(call.args) ?? '';
  const held = node.uses.all.find(
    ({ device, use }) => use.kind === 'mount' && (use.directory === what || `/dev/${device.name}` === what),
  );
  if (held === undefined) return { err: `umount: ${what}: not mounted.\n`, exit: 32 };
  if (!held.device.gone) await hung.open(held.device, call.alive);
  node.uses.remove((each) => each === held);
  return { exit: 0 };
}

export function swapon(node: NodeKernel, call: Call): Answer {
  const device = target(call.args) ?? '';
  const found = findDevice(node, device);
  if (found === undefined)
    return { err: `swapon: cannot open ${device}: No such file or directory\n`, exit: 255 };
  if (node.uses.exclusivelyHeld(found.device)) {
    return { err: `swapon: ${device}: swapon failed: Device or resource busy\n`, exit: 255 };
  }
  node.uses.add(found.device.name, { kind: 'swap' });
  return { exit: 0 };
}

export function swapoff(node: NodeKernel, call: Call): Answer {
  const device = target(call.args) ?? '';
  const ended = node.uses.remove(({ device: one, use }) => use.kind === 'swap' && device.endsWith(one.name));
  if (ended > 0) return { exit: 0 };
  return { err: `swapoff: ${device}: swapoff failed: Invalid argument\n`, exit: 4 };
}

/** `losetup -a` and the like: the loop devices that stand on volumes. */
export function losetup(node: NodeKernel): Answer {
  const lines = node.uses.all.flatMap(({ device, use }) =>
    use.kind === 'loop' ? [`/dev/${use.name}: []: (/dev/${device.name})\n`] : [],
  );
  return { out: lines.join(''), exit: 0 };
}

/** `fuser DEVICE`: processes that have it open; mounts it does not show (measured: g2). */
export function fuser(node: NodeKernel, call: Call): Answer {
  const path = target(call.args) ?? '';
  const found = findDevice(node, path);
  const pids = (found === undefined ? [] : node.uses.of(found.device)).flatMap((use) =>
    use.kind === 'process' ? [` ${use.pid}`] : [],
  );
  return pids.length === 0 ? { exit: 1 } : { out: pids.join(''), err: `${path}:`, exit: 0 };
}
