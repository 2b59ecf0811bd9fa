import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { installModules } from './guest-modules.ts';
import { installPrograms, programVersions } from './guest-programs.ts';
import { installKeys, keyMaterial } from './keys.ts';
import type { Kernel } from './kernel.ts';

const guestFiles = join(import.meta.dirname, 'guest');
const imagesFolder = join(cacheFolder, 'images');

/** The one initramfs that every machine of the lab boots; built when it isn't there as it should be. */
export function ensureImage(kernel: Kernel): string {
  mkdirSync(imagesFolder, { recursive: true, mode: 0o700 });
  const image = join(imagesFolder, `${kernel.release}-${stamp(kernel)}.cpio`);
  if (existsSync(image)) {
    utimesSync(image, new Date(), new Date());
  } else {
    build(image, kernel);
    removeUnused();
  }
  return image;
}

/** Tells one content from another: of the guests' files, of the programs, and of what puts them together. */
function stamp(kernel: Kernel): string {
  const hash = createHash('sha256').update(kernel.release).update(programVersions()).update(keyMaterial());
  const sources = ['image.ts', 'guest-modules.ts', 'guest-programs.ts', 'program-source.ts', 'keys.ts'];
  const guest = readdirSync(guestFiles).map((name) => join('guest', name));
  for (const name of [...sources, ...guest].sort()) {
    hash.update(`\0${name}\0`).update(readFileSync(join(import.meta.dirname, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

function build(image: string, kernel: Kernel): void {
  const work = mkdtempSync(join(imagesFolder, '.new-'));
  try {
    const root = join(work, 'root');
    makeFolders(root);
    installPrograms(root);
    installModules(root, kernel);
    installKeys(root);
    for (const name of readdirSync(guestFiles)) {
      copyFileSync(join(guestFiles, name), join(root, placeInGuest(name)));
    }
    pack(root, join(work, 'image'));
    renameSync(join(work, 'image'), image);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function makeFolders(root: string): void {
  const folders = 'usr/bin usr/lib usr/lib64 etc/ssh proc sys dev run tmp root/.ssh mnt srv var/log var/lib';
  for (const folder of folders.split(' ')) mkdirSync(join(root, folder), { recursive: true });
  symlinkSync('bin', join(root, 'usr/sbin'));
  for (const folder of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${folder}`, join(root, folder));
  symlinkSync('usr/bin', join(root, 'sbin'));
  chmodSync(join(root, 'root'), 0o700);
  chmodSync(join(root, 'tmp'), 0o1777);
}

function placeInGuest(name: string): string {
  if (name === 'sshd_config') return 'etc/ssh/sshd_config';
  return name === 'nvmet-volume' ? `usr/bin/${name}` : `etc/${name}`;
}

function pack(root: string, image: string): void {
  const names = execFileSync('find', ['.', '-print0'], { cwd: root });
  const output = openSync(image, 'w');
  try {
    execFileSync('cpio', ['--null', '--create', '--format=newc', '--owner=0:0', '--quiet'], {
      cwd: root,
      input: names,
      stdio: ['pipe', output, 'inherit'],
    });
  } finally {
    closeSync(output);
  }
}

/** An image may serve a lab that runs now; a day without use says that it doesn't. */
function removeUnused(): void {
  const aDayAgo = Date.now() - 24 * 3600 * 1000;
  for (const name of readdirSync(imagesFolder)) {
    const file = join(imagesFolder, name);
    if (statSync(file).mtimeMs < aDayAgo) rmSync(file, { recursive: true, force: true });
  }
}
