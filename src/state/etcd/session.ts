import { patience, type Patience } from '../patience.ts';
import type { EtcdClient } from './client/client.ts';
import { remove } from './client/kv.ts';
import { grantLease, keepAlive, leaseFacts, revokeLease } from './client/lease.ts';

/** A lease that is kept alive: every lock of a store lives by it. */
export interface Lease {
  readonly id: bigint;
  /** Why it is known to be lost, or must be taken for lost; null while it isn't. */
  lost(): string | null;
  /** From now on it is looked after that a key of the lease is there. */
  hold(key: string): void;
  letGo(key: string): void;
  /** Whether a key that is held is known to be gone. */
  isGone(key: string): boolean;
}

/** Milliseconds from one try to the next when a keep-alive did not get through. */
const AGAIN_MS = 1_000;

/** The lease of a store: granted when it is first needed, anew when it was lost, revoked at the end. */
export class Session {
  readonly #client: EtcdClient;
  readonly #seconds: number;
  #lease: KeptLease | null = null;
  #granting: Promise<KeptLease> | null = null;

  /** @param seconds that the lease lives without a sign of life */
  constructor(client: EtcdClient, seconds: number) {
    this.#client = client;
    this.#seconds = seconds;
  }

  /** @throws as the client does */
  async lease(wait: Patience): Promise<Lease> {
    if (this.#lease !== null && this.#lease.lost() === null) return this.#lease;
    this.#granting ??= this.#grant(wait).finally(() => {
      this.#granting = null;
    });
    return this.#granting;
  }

  /** etcd knows the lease no more: a new one is granted next time. */
  forget(lease: Lease): void {
    if (this.#lease?.id === lease.id) this.#lease.stop();
  }

  /** Keys that could not be removed when they should have been: tried again as long as the lease lives. */
  removeLater(key: string): void {
    this.#lease?.removeLater(key);
  }

  async close(wait: Patience): Promise<void> {
    const lease = this.#lease;
    this.#lease = null;
    if (lease === null) return;
    const lives = lease.lost() === null;
    lease.stop();
    // What can't be revoked runs out by itself.
    if (lives) await revokeLease(this.#client, lease.id, wait).catch(() => undefined);
  }

  async #grant(wait: Patience): Promise<KeptLease> {
    const sentAt = performance.now();
    const { id, seconds } = await grantLease(this.#client, this.#seconds, { ...wait, signal: undefined });
    this.#lease?.stop();
    this.#lease = new KeptLease(this.#client, id, seconds * 1_000, sentAt);
    return this.#lease;
  }
}

class KeptLease implements Lease {
  readonly id: bigint;
  readonly #client: EtcdClient;
  readonly #ttlMs: number;
  /** When the last keep-alive was sent that is known to have arrived. By the monotonic clock. */
  #sureSince: number;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;
  /** Keys that should be there; true once they are known to be gone. */
  readonly #held = new Map<string, boolean>();
  readonly #toRemove = new Set<string>();

  constructor(client: EtcdClient, id: bigint, ttlMs: number, sentAt: number) {
    this.#client = client;
    this.id = id;
    this.#ttlMs = ttlMs;
    this.#sureSince = sentAt;
    this.#next(ttlMs / 3);
  }

  lost(): string | null {
    if (this.#ended) return 'its lease is gone';
    if (performance.now() - this.#sureSince < this.#ttlMs) return null;
    return `its lease was not renewed for ${Math.round(this.#ttlMs / 1_000)} s`;
  }

  isGone(key: string): boolean {
    return this.#held.get(key) === true;
  }

  hold(key: string): void {
    this.#held.set(key, false);
  }

  letGo(key: string): void {
    this.#held.delete(key);
  }

  removeLater(key: string): void {
    this.#toRemove.add(key);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#ended = true;
  }

  #next(ms: number): void {
    this.#timer = setTimeout(() => void this.#beat(), ms);
    // A lock alone keeps no process alive.
    this.#timer.unref();
  }

  async #beat(): Promise<void> {
    const sentAt = performance.now();
    const wait = patience(Math.max(0, this.#sureSince + this.#ttlMs - sentAt));
    try {
      const lives = await keepAlive(this.#client, this.id, wait);
      if (!lives) {
        this.stop();
        return;
      }
      this.#sureSince = sentAt;
      await this.#lookAround(wait);
    } catch {
      // Tried again until it has run out: then lost() says so.
    }
    if (this.#ended) return;
    if (this.lost() !== null) this.stop();
    else this.#next(this.#sureSince === sentAt ? this.#ttlMs / 3 : Math.min(AGAIN_MS, this.#ttlMs / 6));
  }

  /** Sees whether somebody broke a lock, and removes what could not be removed before. */
  async #lookAround(wait: Patience): Promise<void> {
    for (const key of this.#toRemove) {
      await remove(this.#client, key, wait);
      this.#toRemove.delete(key);
    }
    const held = [...this.#held.keys()];
    if (held.length === 0) return;
    const facts = await leaseFacts(this.#client, this.id, wait);
    for (const key of held)
      if (facts?.keys.has(key) !== true && this.#held.has(key)) this.#held.set(key, true);
  }
}
