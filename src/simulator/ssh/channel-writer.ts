import type { ServerChannel } from 'ssh2';

/** Writes to a channel what comes within one turn of the loop at once, and waits while its client doesn't read. */
export class ChannelWriter {
  readonly #channel: ServerChannel;
  #waiting = '';
  #flushed: Promise<void> | undefined;

  constructor(channel: ServerChannel) {
    this.#channel = channel;
  }

  /** Takes bytes as latin1; the promise ends when there is room for more, or the channel is gone. */
  write(bytes: string): Promise<void> {
    this.#waiting += bytes;
    this.#flushed ??= this.#flush();
    return this.#flushed;
  }

  /** Everything is on its way. */
  async finish(): Promise<void> {
    while (this.#flushed !== undefined) await this.#flushed;
  }

  async #flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const bytes = this.#waiting;
    this.#waiting = '';
    this.#flushed = undefined;
    const channel = this.#channel;
    if (!channel.writable || channel.write(Buffer.from(bytes, 'latin1'))) return;
    await new Promise<void>((resolve) => {
      channel.once('drain', resolve);
      channel.once('close', resolve);
    });
  }
}
