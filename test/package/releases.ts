import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { built } from './built.ts';
import type { Release } from './chroot.ts';

const DEBIAN = 'http://deb.debian.org/debian';
const UBUNTU = 'http://archive.ubuntu.com/ubuntu';

/** Debian has no package of Ubuntu's keys: this one is Ubuntu's own. */
const UBUNTU_KEYS = {
  url: `${UBUNTU}/pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb`,
  sha256: '36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8',
};

/** The oldest libraries and the newest, unless $RDSCTL_PACKAGE_RELEASES names others: bookworm, jammy, noble … */
export const releaseNames: readonly string[] = (
  process.env['RDSCTL_PACKAGE_RELEASES'] ?? 'bullseye trixie'
).split(/[\s,]+/);

/** Where a release comes from. Gets Ubuntu's keys where they are needed. */
export function releaseOf(name: string): Release {
  const debian = ['bullseye', 'bookworm', 'trixie'].includes(name);
  if (debian) return { name, mirror: DEBIAN, keyring: null, script: null };
  // One script is good for all of Ubuntu; debootstrap knows only the names that were there when it was made.
  return { name, mirror: UBUNTU, keyring: ubuntuKeyring(), script: '/usr/share/debootstrap/scripts/gutsy' };
}

function ubuntuKeyring(): string {
  const directory = path.join(built, 'ubuntu-keyring');
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, 'keyring.deb');
  execFileSync('curl', ['-fsSo', file, UBUNTU_KEYS.url]);
  const found = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (found !== UBUNTU_KEYS.sha256) throw new Error(`${UBUNTU_KEYS.url} has the SHA-256 ${found}`);
  execFileSync('dpkg-deb', ['--extract', file, directory]);
  return path.join(directory, 'usr/share/keyrings/ubuntu-archive-keyring.gpg');
}
