import type { Identity } from '../target/target.ts';
import type { HostOptions } from './host-options.ts';
import type { PendingIo } from './pending-io.ts';
import { BlockDevice, type Controller, type Subsystem } from './topology.ts';

/** The block devices of a node: how they are numbered, when they come and go, how I/O finds its way. */
export class Devices {
  readonly #options: HostOptions;
  readonly #minors = new Set<number>();
  readonly #released: (subsystem: Subsystem) => void;

  constructor(options: HostOptions, released: (subsystem: Subsystem) => void) {
    this.#options = options;
    this.#released = released;
  }

  /**
   * Shows the namespace behind a controller. The hidden path device takes its minor number first, then the
   * device itself, the lowest free ones (measured: 259:1 is the first device, 259:3 the second).
   */
  add(controller: Controller, identity: Identity): void {
    const { subsystem } = controller;
    const { multipath, watcher } = this.#options;
    let device = multipath ? subsystem.device : undefined;
    const pathMinor = multipath ? this.#takeMinor() : -1;
    const added = device === undefined;
    if (device === undefined) {
      const instance = subsystem.device?.instance ?? freeInstance(subsystem);
      const number = multipath ? subsystem.instance : controller.instance;
      device = new BlockDevice(`nvme${number}n${instance}`, instance, this.#takeMinor(), identity);
      subsystem.devices.add(device);
    }
    device.paths.set(controller, {
      name: `nvme${subsystem.instance}c${controller.instance}n${device.instance}`,
      minor: pathMinor,
    });
    watcher.controllerChanged(controller);
    if (added) watcher.deviceAdded(subsystem, device);
    this.flush(device);
  }

  /** Takes a device out of sysfs. Its name and number stay taken while somebody holds it. */
  remove(subsystem: Subsystem, device: BlockDevice, forced = false): void {
    if (!device.gone) {
      device.gone = true;
      for (const path of device.paths.values()) this.#minors.delete(path.minor);
      device.paths.clear();
      for (const pending of device.queue.splice(0)) {
        this.#options.watcher.log(`block ${device.name}: no available path - failing I/O`);
        pending.fail();
      }
      this.#options.watcher.deviceRemoved(subsystem, device);
    }
    if (device.references > 0 && !forced) return;
    this.#minors.delete(device.minor);
    subsystem.devices.delete(device);
  }

  removePath(controller: Controller): void {
    for (const device of controller.subsystem.devices) {
      const path = device.paths.get(controller);
      if (path === undefined) continue;
      this.#minors.delete(path.minor);
      device.paths.delete(controller);
    }
  }

  /** Somebody mounts, opens or otherwise holds the device. */
  hold(device: BlockDevice): void {
    device.references += 1;
  }

  /** The last one to let go of a device that is gone frees its number, and its subsystem. */
  release(subsystem: Subsystem, device: BlockDevice): void {
    device.references -= 1;
    if (!device.gone || device.references > 0) return;
    this.#minors.delete(device.minor);
    subsystem.devices.delete(device);
    this.#released(subsystem);
  }

  /** Sends I/O on a live path, queues it while a path may come back, fails it otherwise (measured). */
  submit(device: BlockDevice, pending: PendingIo): void {
    const live = [...device.paths.keys()].find((each) => each.state === 'live');
    if (live !== undefined) this.#send(live, pending);
    else if ([...device.paths.keys()].some((each) => each.mayComeBack)) {
      this.#options.watcher.log(`block ${device.name}: no usable path - requeuing I/O`);
      device.queue.push(pending);
    } else {
      this.#options.watcher.log(`block ${device.name}: no available path - failing I/O`);
      pending.fail();
    }
  }

  /** Everything queued takes its way again: sent when a path is live, failed when none may come back. */
  flush(device: BlockDevice): void {
    for (const pending of device.queue.splice(0)) {
      pending.requeue();
      this.submit(device, pending);
    }
  }

  /** What was sent to a target that can no longer answer goes back on the queue. */
  requeueOutstanding(controller: Controller): void {
    const lost = [...controller.outstanding];
    controller.outstanding.clear();
    const device = [...controller.subsystem.devices].find((each) => each.paths.has(controller));
    for (const pending of lost) {
      pending.requeue();
      if (device === undefined) pending.fail();
      else this.submit(device, pending);
    }
  }

  /** Packets pass again and the connection survived: TCP delivers what was on its way. */
  resend(controller: Controller): void {
    for (const pending of [...controller.outstanding]) {
      if (pending.answer !== undefined) {
        controller.outstanding.delete(pending);
        pending.succeed(pending.answer.data);
      } else if (!pending.sent) {
        controller.outstanding.delete(pending);
        this.#send(controller, pending);
      }
    }
  }

  #send(controller: Controller, pending: PendingIo): void {
    controller.outstanding.add(pending);
    if (!controller.reachable) return;
    pending.sent = true;
    const { session } = controller;
    const target = this.#options.network.target(controller.options.address);
    target?.begin(session, pending.operation, (data) => {
      if (!controller.outstanding.has(pending) || controller.session !== session) return;
      if (session.ended !== undefined) return;
      if (!controller.reachable) {
        pending.answer = data === undefined ? {} : { data };
        return;
      }
      controller.outstanding.delete(pending);
      pending.succeed(data);
    });
  }

  #takeMinor(): number {
    let minor = 0;
    while (this.#minors.has(minor)) minor += 1;
    this.#minors.add(minor);
    return minor;
  }
}

function freeInstance(subsystem: Subsystem): number {
  const taken = new Set([...subsystem.devices].map((each) => each.instance));
  let instance = 1;
  while (taken.has(instance)) instance += 1;
  return instance;
}
