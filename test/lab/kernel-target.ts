import { gunzipSync } from 'node:zlib';
import type { ExportModel, TargetExport } from '../../src/simulator/target/export-model.ts';
import { openSessions } from './session-events.ts';
import type { StorageServer } from './storage-server.ts';

/** The export model on a real kernel: `nvmet-volume` in the storage server's machine does it. */
export class KernelTarget implements ExportModel {
  readonly #server: StorageServer;
  readonly #nodeNames: ReadonlyMap<string, string>;
  readonly #nqns = new Map<string, string>();

  /** Nodes' names by their host NQN. */
  constructor(server: StorageServer, nodeNames: ReadonlyMap<string, string>) {
    this.#server = server;
    this.#nodeNames = nodeNames;
  }

  async createVolume(
    volume: string,
    sizeBytes: number,
    { writeDelayMs = 0 }: { readonly writeDelayMs?: number } = {},
  ): Promise<void> {
    if (sizeBytes <= 0 || sizeBytes % 512 !== 0) {
      throw new RangeError(`A volume consists of sectors of 512 bytes: ${sizeBytes}`);
    }
    await this.#control('create', volume, String(sizeBytes));
    if (writeDelayMs > 0) await this.setWriteDelay(volume, writeDelayMs);
  }

  async removeVolume(volume: string): Promise<void> {
    await this.#control('remove', volume);
    this.#nqns.delete(volume);
  }

  async apply({ volume, nqn, port, allow, exported }: TargetExport): Promise<void> {
    this.#nqns.set(volume, nqn);
    await this.#control('apply', volume, nqn, String(port), exported ? 'yes' : 'no', allow);
  }

  async inFlight(volume: string): Promise<number> {
    return Number(await this.#control('inflight', volume));
  }

  /** Every byte of the volume that has reached the disk. */
  async content(volume: string): Promise<Buffer> {
    return gunzipSync(Buffer.from(await this.#control('content', volume), 'base64'));
  }

  async sessions(volume: string): Promise<readonly { hostNqn: string; node?: string }[]> {
    const nqn = this.#nqns.get(volume);
    const open = openSessions(await this.#server.kernelLog()).filter((session) => session.nqn === nqn);
    return open.map(({ hostNqn }) => {
      const node = this.#nodeNames.get(hostNqn);
      return node === undefined ? { hostNqn } : { hostNqn, node };
    });
  }

  /** From now on each write of the volume is in flight for so long; those in flight now end at once. */
  async setWriteDelay(volume: string, milliseconds: number): Promise<void> {
    await this.#control('delay', volume, String(milliseconds));
  }

  async removeAll(): Promise<void> {
    await this.#control('remove-all');
    this.#nqns.clear();
  }

  /** The machine belongs to the lab: there is nothing to close. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #control(...words: readonly string[]): Promise<string> {
    return this.#server.read(['nvmet-volume', ...words.map(quoted)].join(' '));
  }
}

/** For the guest's shell. The words name files there, too. */
function quoted(word: string): string {
  if (!/^[\w.:@+-]*$/.test(word) || word.startsWith('.')) throw new RangeError(`Not in the lab: "${word}"`);
  return `'${word}'`;
}
