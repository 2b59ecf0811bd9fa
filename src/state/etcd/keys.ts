import type { EtcdAccess } from './access.ts';

/**
 * Where in etcd everything stands, below the prefix P:
 *
 *     P/state/meta                          lineage, serial and generation: see Meta
 *     P/state/<generation>/volumes/<name>   an attachment and the last token of a volume
 *     P/state/<generation>/nodes/<name>     what is remembered of a node
 *     P/state/<generation>/staging          as long as somebody fills a new generation
 *     P/locks/<name>/<id>                   who holds the lock, and who waits for it, in the order they came
 *     P/copies/<copy>/…                     kept copies
 *
 * Names are escaped as in a URL, so that a slash in one can't be mistaken.
 */
export class Keys {
  readonly #access: Pick<EtcdAccess, 'location' | 'prefix'>;
  readonly root: string;
  readonly state: string;
  readonly meta: string;
  readonly locks: string;
  readonly copies: string;

  constructor(access: Pick<EtcdAccess, 'location' | 'prefix'>) {
    this.#access = access;
    this.root = `${access.prefix}/`;
    this.state = `${this.root}state/`;
    this.meta = `${this.state}meta`;
    this.locks = `${this.root}locks/`;
    this.copies = `${this.root}copies/`;
  }

  /** Everything of one generation. */
  generation(generation: string): string {
    return `${this.state}${generation}/`;
  }

  /** What is there as long as a generation is being filled. */
  staging(generation: string): string {
    return `${this.generation(generation)}${STAGING}`;
  }

  /** Everyone who holds a lock or waits for it. */
  lock(name: string): string {
    return `${this.locks}${escapeName(name)}/`;
  }

  /** A key for a message. */
  url(key: string): string {
    const { location, prefix } = this.#access;
    return `${location}${key.slice(prefix.length)}`;
  }
}

/** The name, in a generation, of the key that says that it is being filled. */
export const STAGING = 'staging';

export function escapeName(name: string): string {
  return encodeURIComponent(name);
}

/** Null when {@link escapeName} never made it. */
export function nameIn(escaped: string): string | null {
  try {
    const name = decodeURIComponent(escaped);
    return escapeName(name) === escaped ? name : null;
  } catch {
    return null;
  }
}
