import { sleepOn } from '../clock.ts';
import { isLive, type NodeKernel } from './kernel.ts';
import type { BlockDevice } from './topology.ts';

/**
 * Opening a device whose controller is not live (measured: g5). The reader hangs. If it is killed and was
 * the last opener, it stays behind in the kernel with the disk's lock, and from then on every open hangs,
 * until the controller is back or gone.
 */
export class HungReaders {
  readonly #node: NodeKernel;

  constructor(node: NodeKernel) {
    this.#node = node;
  }

  /** Whether a killed reader holds the disk's lock. */
  wedged(device: BlockDevice): boolean {
    return !isLive(device) && [...device.hungReaders].some((alive) => !alive());
  }

  /**
   * nvme-cli 2.3 opens the devices even to list or to disconnect: where a killed reader has wedged one, it
   * hangs too. 2.13 does not.
   */
  async openAll(alive: () => boolean): Promise<void> {
    if (this.#node.nvmeCli !== '2.3') return;
    for (const subsystem of this.#node.host.subsystems) {
      for (const device of subsystem.devices) {
        if (!device.gone && this.wedged(device)) await this.open(device, alive);
      }
    }
  }

  /** Resolves when the device answers: at once when live. False: it is gone. */
  async open(device: BlockDevice, alive: () => boolean): Promise<boolean> {
    if (device.gone) return false;
    if (isLive(device)) return true;
    device.hungReaders.add(alive);
    for (;;) {
      await sleepOn(this.#node.clock, 20);
      if (isOver(device)) break;
    }
    device.hungReaders.delete(alive);
    return isLive(device);
  }
}

function isOver(device: BlockDevice): boolean {
  return device.gone || isLive(device);
}
