import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileStore, type FileStore, type FileStoreOptions } from '../../src/state/file/file-store.ts';

/** A new directory for a state, and what is in it. */
export class TestDirectory {
  readonly #root = mkdtempSync(join(tmpdir(), 'rdsctl-state-'));
  /** Not made yet: the store makes it. */
  readonly path = join(this.#root, 'state');
  readonly statePath = join(this.path, 'state.json');
  readonly locksPath = join(this.path, 'locks');
  readonly backupsPath = join(this.path, 'backups');

  open(more: Partial<FileStoreOptions> = {}): FileStore {
    return openFileStore({ ...storeOptions(this.path), ...more });
  }

  /** Every file below it that isn't a directory, but the backups. */
  files(): string[] {
    return readdirSync(this.path, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && entry.parentPath !== this.backupsPath)
      .map((entry) => join(entry.parentPath, entry.name).slice(this.path.length + 1))
      .sort();
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** The options that tests use for a store in a directory. */
export function storeOptions(directory: string): FileStoreOptions {
  return {
    directory,
    backups: 5,
    stateLockTimeoutMs: 20_000,
    holder: () => ({ who: 'ops', host: 'admin1', pid: process.pid, command: 'rdsctl test' }),
  };
}
