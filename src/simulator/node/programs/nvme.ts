import { randomUUID } from 'node:crypto';
import type { Answer, Call } from '../calls.ts';
import type { HungReaders } from '../device-access.ts';
import type { NodeKernel } from '../kernel.ts';
import { nvmeConnect } from './nvme-connect.ts';
import { listDevices, listSubsystems } from './nvme-list.ts';
import { parseOptions } from './options.ts';

/** nvme-cli, of which exit codes are 0 or 1 and the text is the only difference (measured: e1). */
export async function nvme(node: NodeKernel, hung: HungReaders, call: Call): Promise<Answer> {
  node.noticeWrites();
  const [command, ...args] = call.args;
  switch (command) {
    case 'version':
    case '--version':
    case '-version':
      return version(node);
    case 'connect':
      return nvmeConnect(node, args);
    case 'disconnect':
      return disconnect(node, hung, args, call.alive);
    case 'disconnect-all':
      await Promise.all(node.host.controllers.map((each) => node.host.delete(each)));
      return { exit: 0 };
    case 'list':
      return listDevices(node, hung, args, call.alive);
    case 'list-subsys':
      return listSubsystems(node, hung, args, call.alive);
    case 'gen-hostnqn':
      return { out: `nqn.2014-08.org.nvmexpress:uuid:${randomUUID()}\n`, exit: 0 };
    case undefined:
    case 'help':
    case '--help':
      return { out: `nvme-${node.nvmeCli}\nusage: nvme <command> [<device>] [<args>]\n`, exit: 0 };
    default:
      return { err: `ERROR: Invalid sub-command '${command}' for global 'nvme'\n`, exit: 1 };
  }
}

function version(node: NodeKernel): Answer {
  const minor = node.nvmeCli.replace(/^2\./, '1.');
  return {
    out: `nvme version ${node.nvmeCli} (git ${node.nvmeCli})\n` + `libnvme version ${minor} (git ${minor})\n`,
    exit: 0,
  };
}

const DISCONNECT_OPTIONS = [
  { long: 'nqn', short: 'n', value: true },
  { long: 'device', short: 'd', value: true },
  { long: 'verbose', short: 'v', value: false },
] as const;

/** It asks nobody: a mounted device is torn away. Nothing connected is no error. */
async function disconnect(
  node: NodeKernel,
  hung: HungReaders,
  args: readonly string[],
  alive: () => boolean,
): Promise<Answer> {
  const options = parseOptions(args, DISCONNECT_OPTIONS);
  if ('error' in options) return { err: `nvme: ${options.error}\n`, exit: 1 };
  const nqn = options.values.get('nqn');
  const device = options.values.get('device');
  if (nqn === undefined && device === undefined) {
    return { err: 'Neither device name [--device | -d] nor NQN [--nqn | -n] provided\n', exit: 1 };
  }
  await hung.openAll(alive);
  let out = '';
  let err = '';
  if (nqn !== undefined) {
    const found = node.host.controllers.filter((each) => each.options.nqn === nqn && !each.deleting);
    await Promise.all(found.map((each) => node.host.delete(each)));
    out = `NQN:${nqn} disconnected ${found.length} controller(s)\n`;
  }
  for (const name of device?.split(',') ?? []) {
    const controller = node.host.controller(name.replace(/^\/dev\//, ''));
    if (controller === undefined) err += `Did not find device ${name}\n`;
    else await node.host.delete(controller);
  }
  return { out, err, exit: 0 };
}
