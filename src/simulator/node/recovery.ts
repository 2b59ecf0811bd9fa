import {
  DELETE_WHEN_CUT_MS,
  givesUpWhenRefused,
  hostNoticesSilenceAfter,
  RESETTING_MS,
  resettingAfterSilence,
  type Refusal,
} from '../target/kernel-rules.ts';
import type { SessionEnd } from '../target/session.ts';
import type { Identity } from '../target/target.ts';
import type { ConnectOptions, Controller } from './topology.ts';
import type { Devices } from './devices.ts';
import type { HostOptions } from './host-options.ts';

/**
 * What becomes of a controller after it was connected: noticing that its target is gone, retrying, giving up,
 * coming back with what was queued, being deleted. All measured (kernels 6.1 and 6.12).
 */
export class Recovery {
  readonly #options: HostOptions;
  readonly #devices: Devices;
  readonly #remove: (controller: Controller) => void;

  constructor(options: HostOptions, devices: Devices, remove: (controller: Controller) => void) {
    this.#options = options;
    this.#devices = devices;
    this.#remove = remove;
  }

  /** Takes a new connection under its wings; the device appears a little later. */
  follow(controller: Controller, identity: Identity): void {
    this.#listen(controller);
    controller.reachable = this.#reaches(controller);
    controller.appearance = this.#options.clock.after(this.#options.deviceDelayMs, () => {
      if (controller.state === 'live' && this.#deviceOf(controller) === undefined) {
        this.#devices.add(controller, identity);
      }
    });
  }

  /** Packets stopped, or pass again. */
  linkChanged(controller: Controller): void {
    const reachable = this.#reaches(controller);
    if (reachable === controller.reachable) return;
    controller.reachable = reachable;
    if (reachable) this.#linkBack(controller);
    else if (controller.state === 'live') this.#waitForSilence(controller);
  }

  delete(controller: Controller): Promise<void> {
    controller.deletion ??= this.#delete(controller);
    return controller.deletion;
  }

  /** The words of the kernel's log, the only place that tells one refusal from the other. */
  logRefusal(name: string, options: ConnectOptions, refused: Refusal): void {
    const { watcher } = this.#options;
    if (refused === 'port-closed') {
      watcher.log(`nvme ${name}: failed to connect socket: -111`);
    } else if (refused === 'not-allowed') {
      watcher.log(
        `nvme ${name}: Connect for subsystem ${options.nqn} is not allowed, hostnqn: ${options.hostNqn}`,
      );
      watcher.log(`nvme ${name}: failed to connect queue: 0 ret=16772`);
    } else {
      watcher.log(`nvme ${name}: Connect Invalid Data Parameter, subsysnqn "${options.nqn}"`);
      watcher.log(`nvme ${name}: failed to connect queue: 0 ret=16770`);
    }
  }

  #listen(controller: Controller): void {
    const { session } = controller;
    session.onEnd = (cause) => {
      if (controller.session === session) this.#sessionEnded(controller, cause);
    };
  }

  /** The target closed the connection. A host whose packets vanish is not told. */
  #sessionEnded(controller: Controller, cause: SessionEnd): void {
    if (cause === 'disconnect' || controller.deleting) return;
    const { network, node } = this.#options;
    const told = network.hears(node, controller.options.address);
    if (told && controller.state === 'live') this.#recover(controller, RESETTING_MS);
  }

  #waitForSilence(controller: Controller): void {
    const { clock, kernel } = this.#options;
    const kato = controller.options.keepAliveTmo * 1000;
    const openFor = clock.now() - controller.session.openedAt;
    controller.next?.cancel();
    controller.next = clock.after(hostNoticesSilenceAfter(kato, openFor), () =>
      this.#recover(controller, resettingAfterSilence(kernel, kato)),
    );
  }

  #linkBack(controller: Controller): void {
    if (controller.deleting) {
      controller.finishDeletion?.();
    } else if (controller.state === 'live') {
      controller.next?.cancel();
      controller.next = undefined;
      if (controller.session.ended === undefined) this.#devices.resend(controller);
      else this.#recover(controller, RESETTING_MS);
    }
  }

  /** Error recovery: what was sent goes back on the queue, then it retries. */
  #recover(controller: Controller, resettingMs: number): void {
    const { clock, watcher } = this.#options;
    watcher.log(`nvme ${controller.name}: starting error recovery`);
    controller.state = 'resetting';
    controller.attempts = 0;
    controller.next?.cancel();
    this.#devices.requeueOutstanding(controller);
    watcher.controllerChanged(controller);
    controller.next = clock.after(resettingMs, () => {
      this.#leaveSession(controller);
      controller.state = 'connecting';
      this.#startFailFast(controller);
      watcher.controllerChanged(controller);
      this.#retryOrRemove(controller);
    });
  }

  /** The host closes its side of the connection; the target sees that if packets pass, else waits in vain. */
  #leaveSession(controller: Controller): void {
    const { network } = this.#options;
    const { address } = controller.options;
    if (controller.reachable) network.target(address)?.end(controller.session, 'disconnect');
    else network.orphan([controller.session], address);
  }

  #startFailFast(controller: Controller): void {
    if (controller.fastIoFailTmo < 0) return;
    controller.failFastTimer = this.#options.clock.after(controller.fastIoFailTmo * 1000, () => {
      if (controller.state !== 'connecting') return;
      controller.failingFast = true;
      for (const device of controller.subsystem.devices) this.#devices.flush(device);
    });
  }

  #retryOrRemove(controller: Controller): void {
    const { clock, watcher } = this.#options;
    if (controller.maxReconnects >= 0 && controller.attempts >= controller.maxReconnects) {
      watcher.log(`nvme ${controller.name}: Removing controller...`);
      void this.delete(controller);
      return;
    }
    watcher.log(`nvme ${controller.name}: Reconnecting in ${controller.reconnectDelay} seconds...`);
    controller.next = clock.after(controller.reconnectDelay * 1000, () => this.#attempt(controller));
  }

  #attempt(controller: Controller): void {
    const { clock, kernel, network, node } = this.#options;
    controller.attempts += 1;
    const { options } = controller;
    const outcome = network.connect(options.address, {
      nqn: options.nqn,
      port: options.port,
      hostNqn: options.hostNqn,
      hostId: options.hostId,
      keepAliveMs: options.keepAliveTmo * 1000,
      node,
    });
    if ('session' in outcome) {
      controller.session = outcome.session;
      this.#listen(controller);
      this.#backAlive(controller, outcome.identity);
    } else if ('unreachable' in outcome) {
      controller.next = clock.after(outcome.afterMs, () => this.#attemptFailed(controller));
    } else {
      this.logRefusal(controller.name, options, outcome.refused);
      if (outcome.refused !== 'port-closed' && givesUpWhenRefused(kernel)) {
        void this.delete(controller);
      } else this.#attemptFailed(controller);
    }
  }

  #attemptFailed(controller: Controller): void {
    this.#options.watcher.log(`nvme ${controller.name}: Failed reconnect attempt ${controller.attempts}`);
    this.#retryOrRemove(controller);
  }

  /**
   * Let in again: queued I/O is replayed at once, over whatever others wrote meanwhile. Only then does the
   * host look whose namespace it is: with another identity the device is dropped, the controller stays.
   */
  #backAlive(controller: Controller, identity: Identity): void {
    controller.state = 'live';
    controller.attempts = 0;
    controller.failingFast = false;
    controller.failFastTimer?.cancel();
    controller.reachable = true;
    this.#options.watcher.controllerChanged(controller);
    const device = this.#deviceOf(controller);
    if (device === undefined) {
      if (controller.subsystem.device === undefined) this.#devices.add(controller, identity);
      return;
    }
    this.#devices.flush(device);
    if (device.identity.uuid === identity.uuid) return;
    this.#options.watcher.log(`nvme ${controller.name}: identifiers changed for nsid 1`);
    this.#devices.removePath(controller);
    if (device.paths.size === 0) this.#devices.remove(controller.subsystem, device);
    this.#options.watcher.controllerChanged(controller);
  }

  async #delete(controller: Controller): Promise<void> {
    const { clock, watcher } = this.#options;
    const hangs = !controller.reachable && controller.state !== 'connecting';
    controller.cancelTimers();
    controller.state = hangs ? 'deleting (no IO)' : 'deleting';
    watcher.log(`nvme ${controller.name}: Removing ctrl: NQN "${controller.options.nqn}"`);
    watcher.controllerChanged(controller);
    if (hangs) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(DELETE_WHEN_CUT_MS, resolve);
        controller.finishDeletion = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.#leaveSession(controller);
    const device = this.#deviceOf(controller);
    this.#devices.removePath(controller);
    for (const pending of [...controller.outstanding]) {
      controller.outstanding.delete(pending);
      if (device === undefined) pending.fail();
      else this.#devices.submit(device, pending);
    }
    if (device !== undefined) this.#devices.flush(device);
    this.#remove(controller);
  }

  #deviceOf(controller: Controller) {
    return [...controller.subsystem.devices].find((each) => each.paths.has(controller));
  }

  #reaches(controller: Controller): boolean {
    const { network, node } = this.#options;
    return network.passes(node, controller.options.address, controller.options.port);
  }
}
