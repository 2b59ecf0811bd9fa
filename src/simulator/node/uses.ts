import type { EventLog } from '../events.ts';
import type { NvmeHost } from './nvme-host.ts';
import type { BlockDevice, Subsystem } from './topology.ts';

/** What holds a device, and where it can be seen (measured: g2). */
export type Use =
  | {
      readonly kind: 'mount';
      readonly directory: string;
      /** `own`: in every mountinfo; `container`: in one process's only; `lazy`: in none, still held. */
      readonly seen: 'own' | 'container' | 'lazy';
    }
  | { readonly kind: 'swap' }
  | { readonly kind: 'holder'; readonly name: string }
  | { readonly kind: 'loop'; readonly name: string }
  | { readonly kind: 'process'; readonly pid: number; readonly command: string };

/** A use of one device. */
export interface HeldDevice {
  readonly device: BlockDevice;
  readonly subsystem: Subsystem;
  readonly use: Use;
}

/** Which volume of which storage server a subsystem is. */
export type VolumeOf = (subsystem: Subsystem) => { readonly rds?: string; readonly volume?: string };

/** Who uses the block devices of a node. */
export class Uses {
  readonly #host: NvmeHost;
  readonly #events: EventLog;
  readonly #changed: () => void;
  readonly #volumeOf: VolumeOf;
  #held: HeldDevice[] = [];

  constructor(host: NvmeHost, events: EventLog, volumeOf: VolumeOf, changed: () => void) {
    this.#host = host;
    this.#events = events;
    this.#volumeOf = volumeOf;
    this.#changed = changed;
  }

  get all(): readonly HeldDevice[] {
    return this.#held;
  }

  of(device: BlockDevice): readonly Use[] {
    return this.#held.filter((each) => each.device === device).map((each) => each.use);
  }

  /** An exclusive open sees mounts, swap and holders, not loop devices and plain opens (measured: g2). */
  exclusivelyHeld(device: BlockDevice): boolean {
    return this.of(device).some((use) => ['mount', 'swap', 'holder'].includes(use.kind));
  }

  add(name: string, use: Use): boolean {
    for (const subsystem of this.#host.subsystems) {
      for (const device of subsystem.devices) {
        if (device.name !== name || device.gone) continue;
        this.#held.push({ device, subsystem, use });
        this.#host.devices.hold(device);
        if (use.kind === 'mount') this.#tell('mounted', { device, subsystem, use });
        this.#changed();
        return true;
      }
    }
    return false;
  }

  /** Ends the uses that `chosen` picks; how many there were. */
  remove(chosen: (held: HeldDevice) => boolean): number {
    const ending = this.#held.filter(chosen);
    this.#held = this.#held.filter((each) => !ending.includes(each));
    for (const each of ending) {
      if (each.use.kind === 'mount') this.#tell('unmounted', each);
      this.#host.devices.release(each.subsystem, each.device);
    }
    if (ending.length > 0) this.#changed();
    return ending.length;
  }

  /** The power went: nothing is mounted any more. */
  forget(): void {
    for (const each of this.#held) if (each.use.kind === 'mount') this.#tell('unmounted', each);
    this.#held = [];
    this.#changed();
  }

  #tell(event: 'mounted' | 'unmounted', held: HeldDevice): void {
    this.#events.record({
      event,
      ...this.#volumeOf(held.subsystem),
      node: this.#host.node,
      nqn: held.subsystem.nqn,
      device: `/dev/${held.device.name}`,
      ...(held.use.kind === 'mount' ? { path: held.use.directory } : {}),
    });
  }
}
