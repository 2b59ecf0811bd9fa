import { damaged, foreignLineage } from '../faults.ts';
import type { Patience } from '../patience.ts';
import type { EtcdClient } from './client/client.ts';
import { op, range, type Found, type Op } from './client/kv.ts';
import type { Keys } from './keys.ts';
import { laterSnapshot, snapshotOf, type Snapshot } from './snapshot.ts';

/** Reads the state, and makes sure that it is a later one of what was read before. */
export class Reader {
  readonly #client: EtcdClient;
  readonly #keys: Keys;
  #seen: Snapshot | null = null;

  constructor(client: EtcdClient, keys: Keys) {
    this.#client = client;
    this.#keys = keys;
  }

  /** What was seen last: it may be old. Null = nothing yet. */
  get seen(): Snapshot | null {
    return this.#seen;
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
    const later = before && laterSnapshot(this.#keys, before, found.keys, found.revision);
    if (later !== null) return this.see(later);
    const all =
      before === null || before.meta === null ? found : await range(this.#client, this.#keys.state, wait);
    const snapshot = snapshotOf(this.#keys, all.keys, all.revision);
    if (snapshot.meta === null) await this.#refuseHistory(wait);
    return this.see(snapshot);
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

  /** Without a state, there may be no trace of one, and nothing of somebody else's. */
  async #refuseHistory(wait: Patience): Promise<void> {
    const { root, meta, state, locks, copies } = this.#keys;
    const { keys } = await range(this.#client, root, wait, { keysOnly: true, limit: 10_000 });
    if (keys.some(({ key }) => key.startsWith(state))) return; // The first commit has just been made.
    const copy = keys.find(({ key }) => key.startsWith(copies));
    if (copy !== undefined)
      throw damaged(this.#keys.url(meta), `it is missing, although there is a copy of a state (${copy.key})`);
    const foreign = keys.find(({ key }) => !key.startsWith(locks));
    if (foreign !== undefined)
      throw damaged(this.#keys.url(meta), `it is missing, and ${foreign.key} is not a key of rdsctl`);
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
