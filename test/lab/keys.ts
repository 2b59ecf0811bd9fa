import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';

/** A lab may have this many nodes. */
export const mostNodes = 4;

const machineNames = ['rds', ...Array.from({ length: mostNodes }, (_, at) => `node${at + 1}`)];
const keyNames = ['root', ...machineNames];
const keysFolder = join(cacheFolder, 'keys');

/** The private key that opens every machine's root account. */
export const keyFile = join(keysFolder, 'root');

/** The public host key of a machine, as in a known_hosts line: type and key. */
export function hostKey(machine: string): string {
  const [type = '', key = ''] = publicKey(machine).split(' ');
  return `${type} ${key}`;
}

/** All public keys; the pairs are made when they are missing. */
export function keyMaterial(): string {
  if (!existsSync(keysFolder)) makeKeys();
  return keyNames.map((name) => publicKey(name)).join('');
}

function publicKey(name: string): string {
  return readFileSync(join(keysFolder, `${name}.pub`), 'utf8');
}

/** All or none; of two who do it at once, the second takes the first one's. */
function makeKeys(): void {
  mkdirSync(cacheFolder, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(cacheFolder, '.keys-'));
  try {
    for (const name of keyNames) {
      execFileSync('ssh-keygen', [
        '-q',
        '-t',
        'ed25519',
        '-N',
        '',
        '-C',
        `lab ${name}`,
        '-f',
        join(work, name),
      ]);
    }
    renameSync(work, keysFolder);
  } catch (error) {
    if (!existsSync(keysFolder)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

export function installKeys(root: string): void {
  const hostKeys = join(root, 'etc/ssh/hostkeys');
  mkdirSync(hostKeys);
  for (const name of machineNames) {
    copyFileSync(join(keysFolder, name), join(hostKeys, name));
    chmodSync(join(hostKeys, name), 0o600);
  }
  copyFileSync(`${keyFile}.pub`, join(root, 'root/.ssh/authorized_keys'));
}
