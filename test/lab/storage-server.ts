import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { Machine } from './machine.ts';
import { sessionEvents, type SessionEvent } from './session-events.ts';
import { systemTools } from './system-tools.ts';

/** The machine whose kernel is the NVMe/TCP target. */
export class StorageServer extends Machine {
  /** Everything its kernel said about sessions since the lab was booted, up to now. */
  async kernelLog(): Promise<readonly SessionEvent[]> {
    if (this.running) await this.syncLog();
    return sessionEvents(this.log.records());
  }
}

/** A sparse disk with a file system, for the volumes. */
export function makeDisk(file: string, megabytes: number): void {
  const handle = openSync(file, 'wx', 0o600);
  ftruncateSync(handle, megabytes * 1024 * 1024);
  closeSync(handle);
  execFileSync('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=1,lazy_journal_init=1', file], {
    env: systemTools,
  });
}
