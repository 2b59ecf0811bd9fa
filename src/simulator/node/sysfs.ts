import type { BlockDevice, Controller, Path, Subsystem } from './topology.ts';
import type { Entry, Unit } from './tree.ts';

/**
 * The layout of /sys for NVMe over fabrics (Linux 6.1 and 6.12, seen in the lab: symbolic links where the
 * kernel has them, hidden path devices without a `dev`, no `src_addr` while not connected).
 */

/** Major number of extended block devices. */
export const BLOCK_MAJOR = 259;
const SECTOR = 512;

/** What a volume of the storage server says it is (kernel nvmet's defaults; not known for RouterOS). */
const MODEL = 'Linux';

export interface SysfsOptions {
  readonly source: string;
  readonly multipath: boolean;
  readonly firmware: string;
}

const file = (text: string | number): Entry => ({ file: `${text}\n` });
const link = (to: string): Entry => ({ link: to });

function subsystemDir(subsystem: Subsystem): string {
  return `sys/devices/virtual/nvme-subsystem/${subsystem.name}`;
}

function controllerDir(controller: Controller): string {
  return `sys/devices/virtual/nvme-fabrics/ctl/${controller.name}`;
}

/** Files of a controller to which a script may write. */
export const CONTROL_FILES = [
  'delete_controller',
  'reset_controller',
  'ctrl_loss_tmo',
  'reconnect_delay',
  'fast_io_fail_tmo',
] as const;
export type ControlFile = (typeof CONTROL_FILES)[number];

/** Where a control file of a controller stands. */
export function controlPath(controller: Controller, name: ControlFile): string {
  return `${controllerDir(controller)}/${name}`;
}

/** `off` stands for -1 (measured). */
function orOff(value: number): string | number {
  return value < 0 ? 'off' : value;
}

export function controllerUnit(controller: Controller, options: SysfsOptions): Unit {
  const dir = controllerDir(controller);
  const { subsystem, options: connect } = controller;
  const { serial } = subsystem.identity;
  const lost = controller.maxReconnects < 0 ? -1 : controller.maxReconnects * controller.reconnectDelay;
  const unit = new Map<string, Entry>([[dir, { dir: true }]]);
  const put = (name: string, entry: Entry): void => void unit.set(`${dir}/${name}`, entry);
  const control = (name: ControlFile, value: string, mode = 0o644): void => {
    put(name, { file: value, mode, control: true });
  };
  put('transport', file('tcp'));
  put('subsysnqn', file(connect.nqn));
  put('hostnqn', file(connect.hostNqn));
  put('hostid', file(connect.hostId));
  put('cntlid', file(controller.session.id));
  put('cntrltype', file('io'));
  put('dctype', file('none'));
  put('kato', file(connect.keepAliveTmo));
  put('queue_count', file(2));
  put('sqsize', file(127));
  put('numa_node', file(-1));
  put('model', file(MODEL.padEnd(40)));
  put('serial', file(serial.padEnd(20)));
  put('firmware_rev', file(options.firmware.padEnd(8)));
  put('dev', file(`241:${controller.instance}`));
  put('address', file(controller.address(options.source)));
  control('ctrl_loss_tmo', `${orOff(lost)}\n`);
  control('reconnect_delay', `${orOff(controller.reconnectDelay)}\n`);
  control('fast_io_fail_tmo', `${orOff(controller.fastIoFailTmo)}\n`);
  control('delete_controller', '', 0o600);
  control('reset_controller', '', 0o600);
  put('rescan_controller', { file: '', mode: 0o600 });
  put('subsystem', link('../../../../../class/nvme'));
  put('device', link('../../ctl'));
  put('state', file(controller.state));
  for (const device of subsystem.devices) {
    const path = device.paths.get(controller);
    if (path === undefined) continue;
    if (options.multipath) pathEntries(unit, `${dir}/${path.name}`, device, path);
    else blockEntries(unit, `${dir}/${device.name}`, device);
  }
  unit.set(
    `sys/class/nvme/${controller.name}`,
    link(`../../devices/virtual/nvme-fabrics/ctl/${controller.name}`),
  );
  for (const device of subsystem.devices) {
    const path = device.paths.get(controller);
    if (path === undefined) continue;
    const name = options.multipath ? path.name : device.name;
    const to = `devices/virtual/nvme-fabrics/ctl/${controller.name}/${name}`;
    blockLinks(unit, name, to, options.multipath ? undefined : device);
    if (!options.multipath) unit.set(`dev/${device.name}`, { file: '', mode: 0o600 });
  }
  unit.set(`dev/${controller.name}`, { file: '', mode: 0o600 });
  return unit;
}

export function subsystemUnit(subsystem: Subsystem, options: SysfsOptions): Unit {
  const dir = subsystemDir(subsystem);
  const unit = new Map<string, Entry>([[dir, { dir: true }]]);
  const { serial } = subsystem.identity;
  unit.set(`${dir}/subsysnqn`, file(subsystem.nqn));
  unit.set(`${dir}/model`, file(MODEL.padEnd(40)));
  unit.set(`${dir}/serial`, file(serial.padEnd(20)));
  unit.set(`${dir}/firmware_rev`, file(options.firmware.padEnd(8)));
  unit.set(`${dir}/subsystype`, file('nvm'));
  unit.set(`${dir}/iopolicy`, file('numa'));
  unit.set(`${dir}/subsystem`, link('../../../../class/nvme-subsystem'));
  unit.set(
    `sys/class/nvme-subsystem/${subsystem.name}`,
    link(`../../devices/virtual/nvme-subsystem/${subsystem.name}`),
  );
  return unit;
}

/** The link from a subsystem to one of its controllers: it comes and goes with the controller. */
export function pathLinkUnit(controller: Controller): Unit {
  return new Map([
    [
      `${subsystemDir(controller.subsystem)}/${controller.name}`,
      link(`../../nvme-fabrics/ctl/${controller.name}`),
    ],
  ]);
}

/** With multipath the device hangs under the subsystem, without it under the controller (controllerUnit). */
export function deviceUnit(subsystem: Subsystem, device: BlockDevice, holders: readonly string[]): Unit {
  const dir = `${subsystemDir(subsystem)}/${device.name}`;
  const unit = new Map<string, Entry>();
  blockEntries(unit, dir, device);
  for (const holder of holders) unit.set(`${dir}/holders/${holder}`, link(`../../../../block/${holder}`));
  blockLinks(unit, device.name, `devices/virtual/nvme-subsystem/${subsystem.name}/${device.name}`, device);
  unit.set(`dev/${device.name}`, { file: '', mode: 0o600 });
  const generic = device.name.replace('nvme', 'ng');
  unit.set(`dev/${generic}`, { file: '', mode: 0o600 });
  return unit;
}

function blockEntries(unit: Map<string, Entry>, dir: string, device: BlockDevice): void {
  unit.set(dir, { dir: true });
  commonEntries(unit, dir, device);
  unit.set(`${dir}/dev`, file(`${BLOCK_MAJOR}:${device.minor}`));
  unit.set(`${dir}/hidden`, file(0));
  unit.set(`${dir}/holders`, { dir: true });
  unit.set(`${dir}/slaves`, { dir: true });
}

function pathEntries(unit: Map<string, Entry>, dir: string, device: BlockDevice, path: Path): void {
  unit.set(dir, { dir: true });
  commonEntries(unit, dir, device);
  unit.set(`${dir}/hidden`, file(1));
  unit.set(`${dir}/ana_state`, file('optimized'));
  unit.set(`${dir}/ana_grpid`, file(1));
  unit.set(`${dir}/ext_range`, file(path.minor < 0 ? 0 : 256));
}

function commonEntries(unit: Map<string, Entry>, dir: string, device: BlockDevice): void {
  const { identity } = device;
  unit.set(`${dir}/size`, file(Math.floor(identity.size / SECTOR)));
  unit.set(`${dir}/nsid`, file(1));
  unit.set(`${dir}/uuid`, file(identity.uuid));
  unit.set(`${dir}/wwid`, file(`uuid.${identity.uuid}`));
  unit.set(`${dir}/ro`, file(0));
  unit.set(`${dir}/removable`, file(0));
  unit.set(`${dir}/queue/logical_block_size`, file(512));
  unit.set(`${dir}/queue/rotational`, file(0));
}

function blockLinks(
  unit: Map<string, Entry>,
  name: string,
  to: string,
  numbered: BlockDevice | undefined,
): void {
  unit.set(`sys/block/${name}`, link(`../${to}`));
  unit.set(`sys/class/block/${name}`, link(`../../${to}`));
  if (numbered !== undefined) {
    unit.set(`sys/dev/block/${BLOCK_MAJOR}:${numbered.minor}`, link(`../../${to}`));
  }
}
