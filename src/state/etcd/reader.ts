import { damaged, foreignLineage } from '../faults.ts';
import type { Patience } from '../patience.ts';
import type { EtcdClient } from './client/client.ts';
import { op, range, type Found, type Op } from './client/kv.ts';
import type { Keys } from './keys.ts';
import { laterSnapshot, refuseHistory, snapshotOf, type Snapshot } from './snapshot.ts';

/** Reads the state, and makes sure that it is a later one of what was read before. */
export class Reader {
  readonly #client: EtcdClient;
  readonly #keys: Keys;
  #seen: Snapshot | null = null;

  constructor(client: EtcdClient, keys: Keys) {
    this.#client = client;
    this.#keys = keys;
  }

  /** What was seen last: it may be old. Null = nothing yet, or not all of it. */
  get seen(): Snapshot | null {
    const isWhole = this.#seen !== null && this.#seen.entries.size === (this.#seen.meta?.entries ?? 0);
    return isWhole ? this.#seen : null;
  }

  /**
   * The newest state. What is known already is not asked for again.
   * @throws RdsctlError STATE_DAMAGED, STATE_NEWER, FOREIGN_LINEAGE, and as the client does
   */
  async newest(wait: Patience): Promise<Snapshot> {
    const before = this.#seen;
    const { key, since } = changesAsked(this.#keys, before);
    return this.take(before, await range(this.#client, key, wait, { since }), wait);
  }

  /** Asks for what {@link take} needs, as part of a transaction. */
  asked(before: Snapshot | null): Op {
    const { key, since } = changesAsked(this.#keys, before);
    return op.range(key, { since });
  }

  /** Makes a snapshot of what was changed since an earlier one. */
  async take(before: Snapshot | null, found: Found, wait: Patience): Promise<Snapshot> {
    if (before === null || before.meta === null) return this.#takeAll(found, wait);
    const later = laterSnapshot(this.#keys, before, found.keys, found.revision);
    return later === null ? this.anew(wait) : this.see(later);
  }

  /** The newest state, from every key. @throws as {@link newest} */
  async anew(wait: Patience): Promise<Snapshot> {
    return this.#takeAll(await range(this.#client, this.#keys.state, wait), wait);
  }

  /** @throws RdsctlError STATE_DAMAGED, FOREIGN_LINEAGE when it does not follow what was seen before */
  see(snapshot: Snapshot): Snapshot {
    const seen = this.#seen;
    if (seen !== null && seen.revision > snapshot.revision && seen.meta !== null) {
      // Two were asked for at once: the later one is seen already.
      if (snapshot.meta?.lineage === seen.meta.lineage && snapshot.meta.serial <= seen.meta.serial)
        return snapshot;
    }
    if (seen?.meta) refuseBreak(this.#keys, seen, snapshot);
    this.#seen = snapshot;
    return snapshot;
  }

  async #takeAll({ keys, revision }: Found, wait: Patience): Promise<Snapshot> {
    const snapshot = snapshotOf(this.#keys, keys, revision);
    if (snapshot.meta === null) {
      const all = await range(this.#client, this.#keys.root, wait, { keysOnly: true });
      refuseHistory(this.#keys, all.keys);
    }
    return this.see(snapshot);
  }
}

function changesAsked(keys: Keys, before: Snapshot | null): { key: string; since: bigint } {
  return { key: keys.state, since: before === null || before.meta === null ? 0n : before.revision + 1n };
}

function refuseBreak(keys: Keys, seen: Snapshot, { meta, metaRevision }: Snapshot): void {
  const where = keys.url(keys.meta);
  const before = seen.meta;
  if (before === null) return;
  if (meta === null) throw damaged(where, 'it vanished while this command ran');
  if (meta.lineage !== before.lineage) throw foreignLineage(where, before.lineage, meta.lineage);
  if (meta.serial < before.serial)
    throw damaged(
      where,
      `it went back from serial ${before.serial} to ${meta.serial} while this command ran`,
    );
  if (meta.serial === before.serial && metaRevision !== seen.metaRevision)
    throw damaged(where, `its serial ${meta.serial} was written twice`);
}
