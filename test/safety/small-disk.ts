import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small disk of its own (tmpfs), that can be made full or read-only. To be used as root. */
export class SmallDisk {
  readonly path: string;
  #isReadOnly = false;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'rdsctl-small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=700', 'tmpfs', this.path]);
  }

  /** Takes every page that is left. */
  fill(): void {
    let size = 1024 * 1024;
    while (size > 0) {
      try {
        writeFileSync(this.#ballast, Buffer.alloc(size), { flag: 'a' });
      } catch {
        size = size > 4096 ? size / 2 : 0;
      }
    }
  }

  makeRoom(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** Whatever is opened from now on can only be read; what is open for writing stays so. */
  makeReadOnly(): void {
    if (this.#isReadOnly) return;
    execFileSync('mount', ['--bind', this.path, this.path]);
    execFileSync('mount', ['-o', 'remount,bind,ro', this.path]);
    this.#isReadOnly = true;
  }

  makeWritable(): void {
    if (!this.#isReadOnly) return;
    execFileSync('umount', ['-l', this.path]);
    this.#isReadOnly = false;
  }

  remove(): void {
    this.makeWritable();
    execFileSync('umount', ['-l', this.path]);
    rmdirSync(this.path);
  }

  get #ballast(): string {
    return join(this.path, 'ballast');
  }
}
