import type { NetworkUser } from '../target/network.ts';
import type { Operation } from '../target/target.ts';
import { Devices } from './devices.ts';
import type { HostOptions } from './host-options.ts';
import { PendingIo, type IoResult } from './pending-io.ts';
import { Recovery } from './recovery.ts';
import { Controller, Subsystem, type BlockDevice, type ConnectOptions } from './topology.ts';

/** Why the kernel of the node did not make a controller. */
export type ConnectFailure =
  'already-connected' | 'in-progress' | 'refused' | 'connection-refused' | 'timed-out' | 'no-route';

/** The NVMe/TCP host in a node's kernel: controllers, their numbering, their life. */
export class NvmeHost implements NetworkUser {
  readonly node: string;
  readonly address: string;
  readonly options: HostOptions;
  readonly devices: Devices;
  readonly #subsystems = new Set<Subsystem>();
  readonly #controllers = new Set<Controller>();
  readonly #connecting = new Set<string>();
  readonly #recovery: Recovery;

  constructor(options: HostOptions) {
    this.options = options;
    this.node = options.node;
    this.address = options.address;
    this.devices = new Devices(options, (subsystem) => this.#dropSubsystemIfEmpty(subsystem));
    this.#recovery = new Recovery(options, this.devices, (controller) => this.#remove(controller));
    options.network.addUser(this);
  }

  get controllers(): readonly Controller[] {
    return [...this.#controllers].sort((a, b) => a.instance - b.instance);
  }

  get subsystems(): readonly Subsystem[] {
    return [...this.#subsystems].sort((a, b) => a.instance - b.instance);
  }

  controller(name: string): Controller | undefined {
    return this.controllers.find((each) => each.name === name);
  }

  /**
   * Connects. A second connect with the same NQN, address, port and host identity is refused in whatever
   * state the first controller is; with another host NQN it makes a second path (kernel).
   */
  async connect(wanted: ConnectOptions): Promise<{ controller: Controller } | { failed: ConnectFailure }> {
    const key = [wanted.nqn, wanted.address, wanted.port, wanted.hostNqn, wanted.hostId].join(' ');
    if (this.controllers.some((each) => same(each.options, wanted))) return { failed: 'already-connected' };
    if (this.#connecting.has(key)) return { failed: 'in-progress' };
    this.#connecting.add(key);
    try {
      return await this.#connect(wanted);
    } finally {
      this.#connecting.delete(key);
    }
  }

  /** `nvme disconnect`, or writing to delete_controller: gone when it resolves. Asks nobody. */
  delete(controller: Controller): Promise<void> {
    return this.#recovery.delete(controller);
  }

  linkChanged(): void {
    for (const controller of this.controllers) this.#recovery.linkChanged(controller);
  }

  /** I/O to a device by name; waits as long as the kernel would. */
  submit(device: BlockDevice, operation: Operation): Promise<IoResult> {
    return new Promise((resolve) => this.devices.submit(device, new PendingIo(operation, resolve)));
  }

  /** Power lost: everything forgotten, and nobody told. */
  powerOff(): void {
    for (const controller of this.controllers) {
      controller.session.onEnd = () => undefined;
      this.options.network.orphan([controller.session], controller.options.address);
      controller.cancelTimers();
      this.#forget(controller);
    }
    for (const subsystem of this.subsystems) {
      for (const device of [...subsystem.devices]) {
        for (const each of device.queue.splice(0)) each.fail();
        this.devices.remove(subsystem, device, true);
      }
      this.#dropSubsystemIfEmpty(subsystem);
    }
  }

  /** Hears nothing more of its sessions. */
  close(): void {
    for (const { session } of this.#controllers) session.onEnd = () => undefined;
  }

  async #connect(wanted: ConnectOptions): Promise<{ controller: Controller } | { failed: ConnectFailure }> {
    const { network, clock, watcher } = this.options;
    const outcome = network.connect(wanted.address, {
      nqn: wanted.nqn,
      port: wanted.port,
      hostNqn: wanted.hostNqn,
      hostId: wanted.hostId,
      keepAliveMs: wanted.keepAliveTmo * 1000,
      node: this.node,
    });
    if ('unreachable' in outcome) {
      await new Promise<void>((resolve) => void clock.after(outcome.afterMs, resolve));
      return { failed: outcome.unreachable };
    }
    const instance = this.#freeInstance();
    if ('refused' in outcome) {
      this.#recovery.logRefusal(`nvme${instance}`, wanted, outcome.refused);
      return { failed: outcome.refused === 'port-closed' ? 'connection-refused' : 'refused' };
    }
    let subsystem = this.subsystems.find((each) => each.nqn === wanted.nqn);
    if (subsystem === undefined) {
      subsystem = new Subsystem(instance, wanted.nqn, wanted.address, outcome.identity);
      this.#subsystems.add(subsystem);
    }
    const controller = new Controller(instance, subsystem, wanted, outcome.session);
    subsystem.controllers.add(controller);
    this.#controllers.add(controller);
    watcher.log(
      `nvme ${controller.name}: new ctrl: NQN "${wanted.nqn}", addr ${wanted.address}:${wanted.port}`,
    );
    watcher.controllerChanged(controller);
    watcher.subsystemChanged(subsystem);
    this.#recovery.follow(controller, outcome.identity);
    return { controller };
  }

  /** The lowest number that no controller and no living subsystem has (kernel: one pool for both). */
  #freeInstance(): number {
    const taken = new Set([
      ...this.controllers.map((each) => each.instance),
      ...this.subsystems.map((each) => each.instance),
    ]);
    let instance = 0;
    while (taken.has(instance)) instance += 1;
    return instance;
  }

  #remove(controller: Controller): void {
    const { subsystem } = controller;
    for (const device of [...subsystem.devices]) {
      device.paths.delete(controller);
      if (device.paths.size === 0 && !device.gone) this.devices.remove(subsystem, device);
    }
    this.#forget(controller);
    this.#dropSubsystemIfEmpty(subsystem);
  }

  #forget(controller: Controller): void {
    if (!this.#controllers.delete(controller)) return;
    controller.subsystem.controllers.delete(controller);
    this.options.watcher.subsystemChanged(controller.subsystem);
    this.options.watcher.controllerRemoved(controller);
  }

  /** A subsystem lives while it has a controller or a device that somebody still holds ("ghost"). */
  #dropSubsystemIfEmpty(subsystem: Subsystem): void {
    if (subsystem.controllers.size > 0 || subsystem.devices.size > 0) return;
    if (this.#subsystems.delete(subsystem)) this.options.watcher.subsystemRemoved(subsystem);
  }
}

function same(a: ConnectOptions, b: ConnectOptions): boolean {
  return (
    a.nqn === b.nqn &&
    a.address === b.address &&
    a.port === b.port &&
    a.hostNqn === b.hostNqn &&
    a.hostId === b.hostId
  );
}
