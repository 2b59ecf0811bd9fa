import { mkdirSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { HostWatcher } from './host-options.ts';
import { procUnit, stackedUnit } from './procfs.ts';
import type { BlockDevice, Controller, Subsystem } from './topology.ts';
import {
  BLOCK_MAJOR,
  CONTROL_FILES,
  controllerUnit,
  controlPath,
  deviceUnit,
  pathLinkUnit,
  subsystemUnit,
  type ControlFile,
  type SysfsOptions,
} from './sysfs.ts';
import { Tree } from './tree.ts';
import type { HeldDevice } from './uses.ts';

/** What a script wrote into a control file of a controller. */
export type ControlWrite = (controller: Controller, file: ControlFile, text: string) => void;

/** Keeps a node's made-up /sys, /proc and /dev true to its kernel, and hears what scripts write there. */
export class NodeTree implements HostWatcher {
  readonly #tree: Tree;
  readonly #options: SysfsOptions;
  readonly #log: (line: string) => void;
  readonly #written: ControlWrite;
  readonly #watchers = new Map<Controller, FSWatcher>();
  #held: readonly HeldDevice[] = [];

  constructor(root: string, options: SysfsOptions, written: ControlWrite, log: (line: string) => void) {
    this.#tree = new Tree(root);
    this.#options = options;
    this.#written = written;
    this.#log = log;
    for (const old of ['sys', 'proc', 'dev', '.sim/numbers']) {
      rmSync(join(root, old), { recursive: true, force: true });
    }
    for (const path of ['sys/block', 'sys/class/block', 'sys/module', 'dev', '.sim/numbers']) {
      mkdirSync(join(root, path), { recursive: true });
    }
    this.usesChanged([]);
  }

  controllerChanged(controller: Controller): void {
    this.noticeWrites(controller);
    this.#tree.put(controller.name, controllerUnit(controller, this.#options));
    this.#tree.put(`link ${controller.name}`, pathLinkUnit(controller));
    if (!this.#options.multipath) this.#numbers(controller.subsystem);
    if (!this.#watchers.has(controller)) this.#watch(controller);
  }

  controllerRemoved(controller: Controller): void {
    this.#watchers.get(controller)?.close();
    this.#watchers.delete(controller);
    this.#tree.remove(`link ${controller.name}`);
    this.#tree.remove(controller.name);
  }

  subsystemChanged(subsystem: Subsystem): void {
    this.#tree.put(subsystem.name, subsystemUnit(subsystem, this.#options));
  }

  subsystemRemoved(subsystem: Subsystem): void {
    this.#tree.remove(subsystem.name);
  }

  deviceAdded(subsystem: Subsystem, device: BlockDevice): void {
    this.#numbers(subsystem);
    if (this.#options.multipath) this.#tree.put(device.name, this.#deviceUnit(subsystem, device));
  }

  deviceRemoved(_subsystem: Subsystem, device: BlockDevice): void {
    rmSync(join(this.#tree.root, '.sim/numbers', device.name), { force: true });
    this.#tree.remove(device.name);
  }

  log(line: string): void {
    this.#log(line);
  }

  usesChanged(held: readonly HeldDevice[]): void {
    const before = this.#held;
    this.#held = held;
    this.#tree.put('proc', procUnit(held));
    this.#tree.put('stacked', stackedUnit(held));
    if (!this.#options.multipath) return;
    for (const { device, subsystem } of [...before, ...held]) {
      if (!device.gone) this.#tree.put(device.name, this.#deviceUnit(subsystem, device));
    }
  }

  modulesLoaded(modules: { fabrics: boolean; tcp: boolean }): void {
    const unit = new Map<string, { file: string; mode?: number } | { dir: true }>();
    if (modules.fabrics) {
      unit.set('sys/module/nvme_core', { dir: true });
      unit.set('sys/module/nvme_core/parameters/multipath', {
        file: this.#options.multipath ? 'Y\n' : 'N\n',
      });
      unit.set('sys/module/nvme_fabrics', { dir: true });
      unit.set('sys/class/nvme', { dir: true });
      unit.set('sys/class/nvme-subsystem', { dir: true });
      unit.set('dev/nvme-fabrics', { file: '', mode: 0o600 });
    }
    if (modules.tcp) {
      unit.set('sys/module/nvme_tcp', { dir: true });
      unit.set('sys/module/nvme_tcp/refcnt', { file: '0\n' });
    }
    this.#tree.put('modules', unit);
  }

  /** A new boot: another id. */
  booted(bootId: string, release: string, name: string): void {
    this.#tree.put(
      'boot',
      new Map([
        ['proc/sys/kernel/random/boot_id', { file: `${bootId}\n` }],
        ['proc/sys/kernel/osrelease', { file: `${release}\n` }],
        ['proc/sys/kernel/hostname', { file: `${name}\n` }],
      ]),
    );
  }

  /** Hands on what scripts wrote into a controller's control files. */
  noticeWrites(controller: Controller): void {
    for (const file of CONTROL_FILES) {
      const path = controlPath(controller, file);
      const shown = this.#tree.shown(controller.name, path);
      if (shown === undefined) continue;
      const text = this.#tree.written(path, shown);
      // An empty file is a write under way: the shell has truncated it and not yet written.
      if (text === undefined || text === '') continue;
      writeFileSync(join(this.#tree.root, path), shown);
      this.#written(controller, file, text.trim());
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(controller: Controller): void {
    const directory = join(this.#tree.root, controlPath(controller, 'delete_controller'), '..');
    const watcher = watch(directory, () => this.noticeWrites(controller));
    watcher.on('error', () => undefined);
    this.#watchers.set(controller, watcher);
  }

  #deviceUnit(subsystem: Subsystem, device: BlockDevice) {
    const holders = this.#held.flatMap((each) =>
      each.device === device && each.use.kind === 'holder' ? [each.use.name] : [],
    );
    return deviceUnit(subsystem, device, holders);
  }

  /** What the `stat` stand-in answers without asking. */
  #numbers(subsystem: Subsystem): void {
    for (const device of subsystem.devices) {
      if (device.gone) continue;
      const numbers = `${BLOCK_MAJOR.toString(16)}:${device.minor.toString(16)}\n`;
      writeFileSync(join(this.#tree.root, '.sim/numbers', device.name), numbers);
    }
  }
}
