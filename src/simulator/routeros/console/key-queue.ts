import { KeyReader, type Key } from './keys.ts';

/** Characters that wait while a command runs; what is typed beyond them is lost. */
const MOST_WAITING = 256 * 1024;

/** The keys that nobody has asked for yet. */
export class KeyQueue {
  readonly #reader = new KeyReader();
  readonly #interrupt: () => void;
  readonly #keys: Key[] = [];
  #weight = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  /** `interrupt` is called for Ctrl-C while a command runs that doesn't read keys. */
  constructor(gone: AbortSignal, interrupt: () => void) {
    this.#interrupt = interrupt;
    gone.addEventListener('abort', () => this.end());
    if (gone.aborted) this.end();
  }

  receive(chunk: string, running: boolean): void {
    for (const key of this.#reader.read(chunk)) {
      const weight = weightOf(key);
      if (running && this.#wake === undefined && key.kind === 'name' && key.name === 'interrupt') {
        this.#interrupt();
      } else if (this.#weight + weight <= MOST_WAITING) {
        this.#keys.push(key);
        this.#weight += weight;
      }
    }
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Puts keys back that were for someone else. */
  giveBack(keys: readonly Key[]): void {
    this.#keys.unshift(...keys);
    for (const key of keys) this.#weight += weightOf(key);
  }

  /** The next key; undefined when none will come any more, or `stop` has ended the waiting. */
  async next(stop?: AbortSignal): Promise<Key | undefined> {
    while (this.#keys.length === 0 && !this.#ended && stop?.aborted !== true) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        stop?.addEventListener('abort', () => resolve(), { once: true });
      });
      this.#wake = undefined;
    }
    if (stop?.aborted === true) return undefined;
    const key = this.#keys.shift();
    if (key !== undefined) this.#weight -= weightOf(key);
    return key;
  }
}

function weightOf(key: Key): number {
  return key.kind === 'text' ? key.text.length + 1 : 1;
}
