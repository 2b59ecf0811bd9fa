import { qmp } from './qmp.ts';

/** A network card of a machine, seen from outside. What is wanted of it while the machine is off holds from its boot on. */
export class NetworkLink {
  readonly #monitor: string;
  readonly #card: string;
  readonly #isOn: () => boolean;
  #dropping = false;

  constructor(monitor: string, card: string, isOn: () => boolean) {
    this.#monitor = monitor;
    this.#card = card;
    this.#isOn = isOn;
  }

  /** From now on packets vanish, in both directions. */
  async drop(): Promise<void> {
    this.#dropping = true;
    if (this.#isOn()) await this.renew();
  }

  async heal(): Promise<void> {
    this.#dropping = false;
    if (this.#isOn()) await this.renew();
  }

  /** A machine that was just started has all its links up: makes this one as it was before. */
  async renew(): Promise<void> {
    await qmp(this.#monitor, 'set_link', { name: this.#card, up: !this.#dropping });
  }

  get dropping(): boolean {
    return this.#dropping;
  }
}
