import type { Client } from 'ssh2';
import type { Duplex } from 'node:stream';

/** Whether ssh2 goes on by itself after an error: the agent or a key could not sign, and the next is tried. */
export function isPassing(error: Error): boolean {
  if ('level' in error && error.level === 'agent') return true;
  return /^Error (?:while signing|signing data)/.test(error.message);
}

/**
 * An authenticated connection to one SSH server. Knows when and why it ended, and ends wholly: with all the
 * jump hosts that are only there for it.
 */
export class Link {
  readonly client: Client;
  readonly #stream: Duplex;
  readonly #via: Link | null;
  readonly #listeners = new Set<() => void>();
  #ended = false;
  #cause: Error | null = null;

  constructor(client: Client, stream: Duplex, via: Link | null) {
    this.client = client;
    this.#stream = stream;
    this.#via = via;
    client.on('error', (error: Error) => {
      if (isPassing(error)) return;
      this.#cause ??= error;
      // ssh2 only closes its half after a protocol error; nothing that comes later can be trusted.
      stream.destroy();
    });
    client.on('end', () => {
      stream.destroy();
    });
    client.on('close', () => {
      this.#end();
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The error that ended the connection; null when the other side just closed it. */
  get cause(): Error | null {
    return this.#cause;
  }

  /** Calls `listener` once when the connection ends. Returns the function that takes it back. */
  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Ends the connection at once, sending nothing more. */
  destroy(): void {
    this.#stream.destroy();
    this.#end();
  }

  /** Says goodbye and ends the connection: what was written is flushed, for at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    if (!this.#ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        const done = (): void => {
          clearTimeout(timer);
          resolve();
        };
        this.onEnd(done);
        this.#stream.once('finish', done);
        this.client.end();
      });
    }
    this.#stream.destroy();
    await this.#via?.close(graceMs);
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
    this.#via?.destroy();
  }
}
