import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Kernel } from './kernel.ts';
import { systemTools } from './system-tools.ts';

/** With what they depend on. What a kernel has built in, or not at all, is passed over. */
const modules = [
  ...['virtio_pci', 'virtio_net', 'virtio_blk', 'bridge', 'inet_diag', 'tcp_diag'],
  ...['configfs', 'nvme-core', 'nvme-fabrics', 'nvme-tcp', 'nvmet', 'nvmet-tcp'],
  ...['loop', 'dm-mod', 'dm-linear', 'dm-delay', 'ext4', 'crc32c_generic', 'crc32c-intel'],
];

export function installModules(root: string, kernel: Kernel): void {
  const { release, folder } = kernel;
  const source = join(folder, 'lib/modules', release);
  const target = join(root, 'usr/lib/modules', release);
  mkdirSync(target, { recursive: true });
  for (const file of moduleFiles(kernel)) {
    const copy = join(target, relative(source, file));
    mkdirSync(dirname(copy), { recursive: true });
    // Unpacked here rather than by each guest at each boot.
    if (file.endsWith('.xz')) {
      writeFileSync(copy.slice(0, -3), execFileSync('xz', ['-dc', file], { maxBuffer: 64 * 1024 * 1024 }));
    } else {
      copyFileSync(file, copy);
    }
  }
  for (const list of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo']) {
    copyFileSync(join(source, list), join(target, list));
  }
  execFileSync('depmod', ['-b', root, release], { env: systemTools });
}

function moduleFiles({ release, folder }: Kernel): ReadonlySet<string> {
  const files = modules.flatMap((module) => {
    const { stdout } = spawnSync('modprobe', ['-d', folder, '-S', release, '--show-depends', module], {
      encoding: 'utf8',
      env: systemTools,
    });
    return [...stdout.matchAll(/^insmod (\S+)/gm)].map(([, file = '']) => file);
  });
  return new Set(files);
}
