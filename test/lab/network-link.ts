import { qmp } from './qmp.ts';

/** A network card of a running machine, seen from outside. */
export class NetworkLink {
  readonly #monitor: string;
  readonly #card: string;
  #dropping = false;

  constructor(monitor: string, card: string) {
    this.#monitor = monitor;
    this.#card = card;
  }

  /** From now on packets vanish, in both directions. */
  async drop(): Promise<void> {
    this.#dropping = true;
    await this.renew();
  }

  async heal(): Promise<void> {
    this.#dropping = false;
    await this.renew();
  }

  /** A machine that was just started has all its links up: makes this one as it was before. */
  async renew(): Promise<void> {
    await qmp(this.#monitor, 'set_link', { name: this.#card, up: !this.#dropping });
  }

  get dropping(): boolean {
    return this.#dropping;
  }
}
