import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A release of a distribution, and where its packages come from. */
export interface Release {
  readonly name: string;
  readonly mirror: string;
  /** Keyring and script for debootstrap; null: what it takes by itself. */
  readonly keyring: string | null;
  readonly script: string | null;
}

/** What a program in a chroot said, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A fresh minimal system. Its programs see processes and mounts of their own, which end with each call, but the
 * network of this machine.
 */
export class Chroot {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Installs the release into a new directory; a minute or so. Needs root. */
  static async create({ name, mirror, keyring, script }: Release): Promise<Chroot> {
    const directory = mkdtempSync(path.join(tmpdir(), `rdsctl-chroot-${name}-`));
    const options = ['--variant=minbase', ...(keyring === null ? [] : [`--keyring=${keyring}`])];
    const child = spawn(
      'debootstrap',
      [...options, name, directory, mirror, ...(script === null ? [] : [script])],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    // Not only root lives in it.
    chmodSync(directory, 0o755);
    if (code === 0) return new Chroot(directory);
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`debootstrap of ${name} ended with ${code}:\n${said.slice(-4000)}`);
  }

  /** Runs a script of sh in it, as root, with nothing of this environment. */
  run(script: string): Outcome {
    const inside = 'mount -t proc proc "$0/proc" && exec chroot "$0" /usr/bin/env -i "$@"';
    const env = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8', 'TERM=dumb'];
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', '--kill-child'],
        ...['sh', '-c', inside, this.directory, ...env, 'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', script],
      ],
      { encoding: 'utf8', timeout: 240_000, maxBuffer: 64 * 1024 ** 2 },
    );
    return { code: status, stdout, stderr };
  }

  /** Like {@link run}, for what has to succeed. Returns what was said on stdout. @throws Error otherwise */
  must(script: string): string {
    const { code, stdout, stderr } = this.run(script);
    if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Copies a file of this machine in. */
  put(from: string, to: string): void {
    mkdirSync(path.dirname(path.join(this.directory, to)), { recursive: true });
    cpSync(from, path.join(this.directory, to));
  }

  read(file: string): string {
    return readFileSync(path.join(this.directory, file), 'utf8');
  }

  remove(): void {
    // Nothing of this machine is mounted in it any more; rm would not stop at a mount point.
    const mounts = readFileSync('/proc/self/mounts', 'utf8');
    if (mounts.includes(` ${this.directory}`))
      throw new Error(`something is mounted below ${this.directory}`);
    execFileSync('rm', ['-rf', '--one-file-system', this.directory]);
  }
}
