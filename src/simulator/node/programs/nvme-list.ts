import type { Answer } from '../calls.ts';
import type { HungReaders } from '../device-access.ts';
import { isLive, type NodeKernel } from '../kernel.ts';
import type { Controller, Subsystem } from '../topology.ts';
import { parseOptions } from './options.ts';

const OPTIONS = [
  { long: 'output-format', short: 'o', value: true },
  { long: 'verbose', short: 'v', value: false },
] as const;

/** As nvme-cli prints JSON: no blank after the colon, two blanks a step, empty lists over two lines in 2.3. */
function json(node: NodeKernel, value: unknown): string {
  const text = JSON.stringify(value, null, 2).replace(/^(\s*"[^"]*"): /gm, '$1:');
  if (node.nvmeCli !== '2.3') return `${text}\n`;
  return `${text.replace(/^(\s*)(.*)\[\](,?)$/gm, '$1$2[\n$1]$3')}\n`;
}

/** 2.3 lists in the order of the directory, in the captures the newest first. */
function inOrder(node: NodeKernel): Subsystem[] {
  const all = [...node.host.subsystems];
  return node.nvmeCli === '2.3' ? all.reverse() : all;
}

/** `nvme list`: no NQN in it; 2.3 leaves out what is not live (measured: f1). */
export async function listDevices(
  node: NodeKernel,
  hung: HungReaders,
  args: readonly string[],
  alive: () => boolean,
): Promise<Answer> {
  const options = parseOptions(args, OPTIONS);
  if ('error' in options) return { err: `list: ${options.error}\n`, exit: 1 };
  await hung.openAll(alive);
  const devices = inOrder(node).flatMap(({ devices, identity }) =>
    [...devices]
      .filter((device) => !device.gone && (node.nvmeCli !== '2.3' || isLive(device)))
      .map((device) => ({
        NameSpace: 1,
        DevicePath: `/dev/${device.name}`,
        ...(node.nvmeCli === '2.3' ? {} : { GenericPath: `/dev/${device.name.replace('nvme', 'ng')}` }),
        Firmware: node.release.slice(0, 8),
        ModelNumber: 'Linux',
        SerialNumber: identity.serial,
        UsedBytes: device.identity.size,
        MaximumLBA: device.identity.size / 512,
        PhysicalSize: device.identity.size,
        SectorSize: 512,
      })),
  );
  if (options.values.get('output-format') === 'json') {
    return { out: json(node, { Devices: devices }), exit: 0 };
  }
  const head =
    'Node                  SN                   Model                                    Namespace Usage\n' +
    '--------------------- -------------------- ---------------------------------------- --------- -----\n';
  const lines = devices.map(
    (each) =>
      `${each.DevicePath.padEnd(21)} ${each.SerialNumber.padEnd(20)} ${each.ModelNumber.padEnd(40)} 1         ${each.PhysicalSize}\n`,
  );
  return { out: head + lines.join(''), exit: 0 };
}

/** `nvme list-subsys [DEVICE]`: controllers by subsystem; a ghost has no paths (measured: f1, g1). */
export async function listSubsystems(
  node: NodeKernel,
  hung: HungReaders,
  args: readonly string[],
  alive: () => boolean,
): Promise<Answer> {
  const options = parseOptions(args, OPTIONS);
  if ('error' in options) return { err: `list-subsys: ${options.error}\n`, exit: 1 };
  await hung.openAll(alive);
  const [device] = options.rest;
  const name = device?.replace(/^.*\//, '');
  const shown = inOrder(node).filter(
    (each) => name === undefined || [...each.devices].some((one) => !one.gone && one.name === name),
  );
  if (name !== undefined && shown.length === 0) return { err: `Invalid device name ${name}\n`, exit: 1 };
  if (options.values.get('output-format') === 'json') return { out: asJson(node, shown, name), exit: 0 };
  return { out: shown.map((each) => asText(node, each)).join(''), exit: 0 };
}

function pathOf(node: NodeKernel, controller: Controller, withAna: boolean) {
  return {
    Name: controller.name,
    Transport: 'tcp',
    Address: controller.address(node.host.address),
    State: controller.state,
    ...(withAna && controller.state === 'live' ? { ANAState: 'optimized' } : {}),
  };
}

function asJson(node: NodeKernel, shown: readonly Subsystem[], name: string | undefined): string {
  const hosts = new Map<string, { HostNQN: string; HostID: string; Subsystems: unknown[] }>();
  for (const subsystem of shown) {
    const first = [...subsystem.controllers][0];
    const nqn = first?.options.hostNqn ?? node.read('etc/nvme/hostnqn')?.trim() ?? '';
    const id = first?.options.hostId ?? node.read('etc/nvme/hostid')?.trim() ?? '';
    const host = hosts.get(`${nqn} ${id}`) ?? { HostNQN: nqn, HostID: id, Subsystems: [] };
    hosts.set(`${nqn} ${id}`, host);
    host.Subsystems.push({
      Name: subsystem.name,
      NQN: subsystem.nqn,
      Paths: [...subsystem.controllers].map((each) => pathOf(node, each, name !== undefined)),
    });
  }
  if (hosts.size === 0) return node.nvmeCli === '2.3' ? '[\n]\n' : '[]\n';
  return json(node, [...hosts.values()]);
}

function asText(node: NodeKernel, subsystem: Subsystem): string {
  const first = [...subsystem.controllers][0];
  const extra =
    node.nvmeCli === '2.3' || first === undefined ? '' : `               hostnqn=${first.options.hostNqn}\n`;
  const paths = [...subsystem.controllers].map((each) => {
    const line = ` +- ${each.name} tcp ${each.address(node.host.address)} ${each.state}`;
    return node.nvmeCli === '2.3' && each.state === 'live' ? `${line} \n` : `${line}\n`;
  });
  return `${subsystem.name} - NQN=${subsystem.nqn}\n${extra}\\\n${paths.join('')}`;
}
