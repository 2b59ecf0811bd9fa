import { damaged, foreignLineage } from '../faults.ts';
import type { Patience } from '../patience.ts';
import type { EtcdClient } from './client/client.ts';
import { op, range, transact, type Found, type Op } from './client/kv.ts';
import type { Keys } from './keys.ts';
import { laterSnapshot, refuseHistory, snapshotOf, type Snapshot } from './snapshot.ts';

/** Reads the state, and makes sure that it is a later one of what was read before. */
export class Reader {
  readonly #client: EtcdClient;
  readonly #keys: Keys;
  #seen: Snapshot | null = null;
  /** Whether what was seen last can be built on: not when it was found damaged since. */
  #isSound = true;

  constructor(client: EtcdClient, keys: Keys) {
    this.#client = client;
    this.#keys = keys;
  }

  /** What was seen last: it may be old. Null = nothing yet, or nothing that can be built on. */
  get seen(): Snapshot | null {
    return this.#seen !== null && this.#isSound && isWhole(this.#seen) ? this.#seen : null;
  }

  /**
   * The newest state. What is known already is not asked for again.
   * @throws RdsctlError STATE_DAMAGED, STATE_NEWER, FOREIGN_LINEAGE, and as the client does
   */
  async newest(wait: Patience): Promise<Snapshot> {
    const before = this.#seen;
    if (before === null || !canGrow(before)) return this.anew(wait, before);
    const txn = { compare: [], success: this.asked(before), failure: [] };
    return this.take(before, (await transact(this.#client, txn, wait, 'again')).ranges, wait);
  }

  /** Asks for what {@link take} needs, as part of a transaction. */
  asked(before: Snapshot): Op[] {
    const { meta, state } = this.#keys;
    if (!canGrow(before)) return [op.range(state)];
    return [
      op.range(meta),
      op.range(state, { since: before.revision + 1n }),
      op.range(this.#keys.generation(before.meta?.generation ?? ''), { countOnly: true }),
    ];
  }

  /** Makes a snapshot of the answers to what was {@link asked}; answers to more may follow them. */
  async take(before: Snapshot, ranges: readonly Found[], wait: Patience): Promise<Snapshot> {
    const [first, changed, counted] = ranges;
    if (first === undefined) return this.anew(wait, before);
    if (!canGrow(before)) return this.#takeAll(first, wait, before);
    // A cluster that was set back counts anew.
    const isLater = first.revision >= before.revision;
    if (changed === undefined || counted === undefined || !isLater) return this.anew(wait, before);
    const { count } = counted;
    const changes = { meta: first.keys, changed: changed.keys, count, revision: first.revision };
    const later = this.#sound(() => laterSnapshot(this.#keys, before, changes));
    return later === null ? this.anew(wait, before) : this.see(later, before);
  }

  /** The newest state, from every key. @throws as {@link newest} */
  async anew(wait: Patience, since: Snapshot | null): Promise<Snapshot> {
    return this.#takeAll(await range(this.#client, this.#keys.state, wait), wait, since);
  }

  /**
   * @param since what was seen when it was asked for
   * @throws RdsctlError STATE_DAMAGED, FOREIGN_LINEAGE when it does not follow that
   */
  see(snapshot: Snapshot, since: Snapshot | null): Snapshot {
    if (since?.meta) this.#sound(() => refuseBreak(this.#keys, since, snapshot));
    // Of two that were asked for at once, the later one stays.
    const isLater = this.#seen === since || this.#seen === null || this.#seen.revision <= snapshot.revision;
    if (isLater) this.#seen = snapshot;
    if (isLater) this.#isSound = true;
    return snapshot;
  }

  async #takeAll({ keys, revision }: Found, wait: Patience, since: Snapshot | null): Promise<Snapshot> {
    const snapshot = this.#sound(() => snapshotOf(this.#keys, keys, revision));
    if (snapshot.meta === null) {
      const all = await range(this.#client, this.#keys.root, wait, { keysOnly: true });
      this.#sound(() => refuseHistory(this.#keys, all.keys));
    }
    return this.see(snapshot, since);
  }

  #sound<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      this.#isSound = false;
      throw error;
    }
  }
}

function isWhole({ meta, entries }: Snapshot): boolean {
  return entries.size === (meta?.entries ?? 0);
}

/** Whether what was changed since is enough to know the rest. */
function canGrow(before: Snapshot): boolean {
  return before.meta !== null && isWhole(before);
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
