import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';

/** A guest kernel, as `packages.sh` unpacked it. */
export interface Kernel {
  /** e.g. 6.1.0-56-cloud-amd64 */
  readonly release: string;
  readonly folder: string;
  /** what QEMU boots */
  readonly image: string;
}

/** The series: a number such as 6.12, or the one of the running Debian release. */
export function findKernel(series = process.env['RDSCTL_LAB_KERNEL'] ?? 'default'): Kernel {
  const folder = join(cacheFolder, 'kernels', series);
  if (!existsSync(join(folder, 'release'))) {
    const variable = series === 'default' ? '' : `RDSCTL_LAB_KERNEL=${series} `;
    throw new Error(`The lab has no kernel "${series}" yet. As root: ${variable}test/lab/packages.sh`);
  }
  const release = readFileSync(join(folder, 'release'), 'utf8').trim();
  return { release, folder, image: bootImage(folder) };
}

/**
 * Under emulation a kernel that needn't unpack itself is at its init half a second sooner, so the
 * ELF image is taken out of the packaged one.
 */
function bootImage(folder: string): string {
  const packaged = join(folder, 'vmlinuz');
  const bare = join(folder, 'vmlinux');
  if (existsSync(bare)) return bare;
  const elf = unpackElf(readFileSync(packaged));
  if (elf === undefined) return packaged;
  const unfinished = `${bare}.${process.pid}`;
  writeFileSync(unfinished, elf);
  renameSync(unfinished, bare);
  return bare;
}

const decompressors: readonly (readonly [magic: string, command: string])[] = [
  ['02214c18', 'lz4'],
  ['fd377a58', 'xz'],
  ['28b52ffd', 'zstd'],
];

/** By the x86 boot protocol: the compressed kernel lies behind the set-up code's sectors. */
function unpackElf(bzImage: Buffer): Buffer | undefined {
  const setupSectors = bzImage.readUInt8(0x1f1) || 4;
  const start = (setupSectors + 1) * 512 + bzImage.readUInt32LE(0x248);
  // its last four bytes are the length when unpacked
  const payload = bzImage.subarray(start, start + bzImage.readUInt32LE(0x24c) - 4);
  const magic = payload.subarray(0, 4).toString('hex');
  const command = decompressors.find(([known]) => known === magic)?.[1];
  if (command === undefined) return undefined;
  const { stdout: elf } = spawnSync(command, ['-d', '-c'], { input: payload, maxBuffer: 512 * 1024 * 1024 });
  return elf.subarray(0, 4).toString('latin1') === '\x7fELF' ? elf : undefined;
}
