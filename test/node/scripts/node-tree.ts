import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

import { between } from '../../../src/node/report.ts';

export interface ControllerSpec {
  readonly name: string;
  readonly state?: string;
  readonly address?: string;
  readonly transport?: string;
  /** Devices that hang under it: with multipath off, or hidden paths. */
  readonly devices?: readonly DeviceSpec[];
}

export interface DeviceSpec {
  readonly name: string;
  /** Major and minor number as sysfs has them; the default is made of the name. */
  readonly numbers?: string;
  readonly sectors?: number;
  /** What stat says of the device node, in hex; null: there is none. */
  readonly node?: string | null;
  readonly partitions?: readonly { readonly name: string; readonly numbers: string }[];
  /** Holder's name and, for device mapper, its own name. */
  readonly holders?: Readonly<Record<string, string | null>>;
}

export interface SubsystemSpec {
  readonly name: string;
  readonly nqn: string;
  readonly controllers?: readonly ControllerSpec[];
  readonly devices?: readonly DeviceSpec[];
}

export const ADDRESS = '10.77.0.1';
export const at = (address = ADDRESS, port = 4420) => `traddr=${address},trsvcid=${port},src_addr=10.77.0.11`;
/** A namespace that a made-up node has: one live controller and its device. */
export const oneLive = (nqn: string, device: Partial<DeviceSpec> = {}): SubsystemSpec => ({
  name: 'nvme-subsys0',
  nqn,
  controllers: [{ name: 'nvme0', devices: [{ name: 'nvme0c0n1' }] }],
  devices: [{ name: 'nvme0n1', numbers: '259:1', ...device }],
});

/** A made-up node for the scripts: a tree for RDSCTL_ROOT, and programs that come before the real ones. */
export class NodeTree {
  readonly root = mkdtempSync(join(tmpdir(), 'rdsctl-node-'));
  readonly #bin = join(this.root, 'bin');

  constructor(subsystems: readonly SubsystemSpec[] = []) {
    onTestFinished(() => {
      rmSync(this.root, { recursive: true, force: true });
    });
    this.write('proc/sys/kernel/random/boot_id', '0e7ae1a5-2f2c-4f8e-9d52-3b1c5f0b6a77\n');
    this.write('proc/swaps', 'Filename\tType\tSize\tUsed\tPriority\n');
    this.write('sys/module/nvme_tcp/.keep', '');
    this.write('etc/nvme/hostnqn', 'nqn.2014-08.com.example:host\n');
    this.write('etc/nvme/hostid', '00000000-0000-4000-8000-000000000001\n');
    this.program('stat', STAT);
    this.program('nvme', 'case $1 in version) echo "nvme version 2.13 (git 2.13)" ;; *) exit 1 ;; esac');
    this.program('wipefs', 'exit 0');
    this.program('dmesg', ':');
    this.program('modprobe', 'exit 1');
    for (const subsystem of subsystems) this.subsystem(subsystem);
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, 'latin1');
  }

  link(path: string, to: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    symlinkSync(join(this.root, to), join(this.root, path));
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'latin1');
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  /** A program that notes its call and then does what `body` says. */
  program(name: string, body: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >>"$RDSCTL_ROOT/calls"\n${body}\n`);
    chmodSync(join(this.#bin, name), 0o755);
  }

  /** The calls of programs, but for those of stat. */
  calls(): string[] {
    try {
      const lines = this.read('calls').split('\n');
      return lines.filter((line) => line !== '' && !line.startsWith('stat '));
    } catch {
      return [];
    }
  }

  subsystem({ name, nqn, controllers = [], devices = [] }: SubsystemSpec): void {
    const directory = `sys/class/nvme-subsystem/${name}`;
    this.write(`${directory}/subsysnqn`, `${nqn}\n`);
    for (const controller of controllers) {
      const { name: called, state = 'live', address = at(), transport = 'tcp' } = controller;
      const under = `${directory}/${called}`;
      this.write(`${under}/state`, `${state}\n`);
      this.write(`${under}/address`, `${address}\n`);
      this.write(`${under}/transport`, `${transport}\n`);
      this.write(`${under}/delete_controller`, '');
      this.write(`${under}/fast_io_fail_tmo`, 'off\n');
      for (const device of controller.devices ?? []) this.#device(under, device, /c\d+n/.test(device.name));
    }
    for (const device of devices) this.#device(directory, device, false);
  }

  #device(under: string, { name, sectors = 2048, ...spec }: DeviceSpec, hidden: boolean): void {
    const numbers = spec.numbers ?? `259:${name.replace(/\D/g, '')}`;
    this.write(`${under}/${name}/dev`, `${numbers}\n`);
    this.write(`sys/class/block/${name}/dev`, `${numbers}\n`);
    this.write(`${under}/${name}/size`, `${sectors}\n`);
    for (const partition of spec.partitions ?? []) {
      this.write(`${under}/${name}/${partition.name}/dev`, `${partition.numbers}\n`);
      this.write(`${under}/${name}/${partition.name}/size`, '1024\n');
      this.write(`dev/${partition.name}`, hex(partition.numbers));
    }
    for (const [holder, mapped] of Object.entries(spec.holders ?? {})) {
      this.write(`${under}/${name}/holders/${holder}/dev`, '254:0\n');
      if (mapped !== null) this.write(`${under}/${name}/holders/${holder}/dm/name`, `${mapped}\n`);
    }
    if (!hidden && spec.node !== null) this.write(`dev/${name}`, spec.node ?? hex(numbers));
  }

  /** Runs a node script in a shell, with functions before it. */
  run(shell: readonly string[], script: string, args: readonly string[], functions = '') {
    const [command = '', ...options] = shell;
    // busybox takes its own programs before those of PATH, but functions before its own
    const own = command === 'busybox' ? readdirSync(this.#bin) : [];
    const shims = own.map((name) => `${name}() { "$RDSCTL_ROOT/bin/${name}" "$@"; }\n`).join('');
    const result = spawnSync(command, [...options, '-s', '--', 'n0', ...args], {
      input: `${shims}${functions}\n${script}`,
      encoding: 'latin1',
      env: { PATH: `${this.#bin}:/usr/bin:/bin`, RDSCTL_ROOT: this.root, TMPDIR: this.root },
      timeout: 30_000,
    });
    const json = between(result.stdout, 'n0');
    return {
      stdout: result.stdout,
      stderr: result.stderr,
      exitCode: result.status,
      /** As the adapter decodes it. */
      json: json === null ? '' : Buffer.from(json, 'latin1').toString('utf8'),
    };
  }
}

/** The shells that are there: dash, bash as POSIX sh, busybox. */
export const SHELLS: readonly (readonly string[])[] = [
  ['/bin/sh'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
].filter(([command = '']) => spawnSync(command, ['-c', 'true']).error === undefined);

function hex(numbers: string): string {
  return numbers
    .split(':')
    .map((number) => Number(number).toString(16))
    .join(':');
}

/** A device node is a file that holds its numbers in hex; everything else is the machine's stat's. */
const STAT = `
format=$3
shift 3
bad=0
for path; do
  to=$(readlink -f "$path") || { bad=1; continue; }
  case $to in
  "$RDSCTL_ROOT"/dev/*)
    [ -e "$to" ] || { bad=1; continue; }
    case $format in
    *%n) echo "$(cat "$to") $path" ;;
    *) cat "$to"; echo ;;
    esac ;;
  *) /usr/bin/stat -L -c "$format" "$path" || bad=1 ;;
  esac
done
exit $bad`;
