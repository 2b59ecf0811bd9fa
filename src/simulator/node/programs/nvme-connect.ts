import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { HOST_DEFAULTS } from '../../target/kernel-rules.ts';
import type { Answer } from '../calls.ts';
import type { NodeKernel } from '../kernel.ts';
import { parseOptions, type OptionSpec } from './options.ts';

const VALUES: readonly (readonly [string, string?])[] = [
  ['transport', 't'],
  ['nqn', 'n'],
  ['traddr', 'a'],
  ['trsvcid', 's'],
  ['host-traddr', 'w'],
  ['host-iface', 'f'],
  ['hostnqn', 'q'],
  ['hostid', 'I'],
  ['nr-io-queues', 'i'],
  ['nr-write-queues', 'W'],
  ['nr-poll-queues', 'P'],
  ['queue-size', 'Q'],
  ['keep-alive-tmo', 'k'],
  ['reconnect-delay', 'c'],
  ['ctrl-loss-tmo', 'l'],
  ['tos', 'T'],
  ['dhchap-secret', 'S'],
  ['dhchap-ctrl-secret', 'C'],
  ['output-format', 'o'],
  ['config', 'J'],
];
const FLAGS: readonly (readonly [string, string?])[] = [
  ['duplicate-connect', 'D'],
  ['disable-sqflow', 'd'],
  ['hdr-digest', 'g'],
  ['data-digest', 'G'],
  ['verbose', 'v'],
];
const OPTIONS: readonly OptionSpec[] = [
  ...VALUES.map(([long, short]) => ({ long, ...(short === undefined ? {} : { short }), value: true })),
  ...FLAGS.map(([long, short]) => ({ long, ...(short === undefined ? {} : { short }), value: false })),
];

/** 2.3 names the kernel's error first, 2.13 only its own (measured: e1). */
function failed(node: NodeKernel, kernel: string | undefined, own: string): Answer {
  const first =
    kernel === undefined || node.nvmeCli !== '2.3' ? '' : `Failed to write to /dev/nvme-fabrics: ${kernel}\n`;
  return { err: `${first}could not add new controller: ${own}\n`, exit: 1 };
}

const NO_WRITE = 'failed to write to nvme-fabrics device';

/** `nvme connect` for the tcp transport. */
export async function nvmeConnect(node: NodeKernel, args: readonly string[]): Promise<Answer> {
  const more = node.nvmeCli === '2.3' ? [] : [{ long: 'fast_io_fail_tmo', short: 'F', value: true }];
  const options = parseOptions(args, [...OPTIONS, ...more]);
  if ('error' in options) return { err: `connect: ${options.error}\n`, exit: 1 };
  const { values } = options;
  const nqn = values.get('nqn');
  const address = values.get('traddr');
  if (nqn === undefined) return { err: 'required argument [--nqn | -n] not specified\n', exit: 1 };
  const transport = values.get('transport');
  if (transport === undefined) {
    return { err: 'required argument [--transport | -t] not specified\n', exit: 1 };
  }
  if (transport !== 'tcp') return failed(node, 'Invalid argument', 'invalid arguments/configuration');
  if (address === undefined) {
    return { err: 'required argument [--traddr | -a] not specified for transport tcp\n', exit: 1 };
  }
  if (isIP(address) === 0) return unresolved(node, address);
  if (!node.modules.fabrics) return noFabrics(node);
  if (!node.modules.tcp && !node.loadModule('nvme-tcp')) {
    node.log.add('nvme_fabrics: no handler found for transport tcp.');
    return failed(node, 'Invalid argument', 'invalid arguments/configuration');
  }
  const seconds = (name: string, standard: number): number => Number(values.get(name) ?? standard);
  const result = await node.host.connect({
    nqn,
    address,
    port: Number(values.get('trsvcid') ?? 4420),
    hostNqn: values.get('hostnqn') ?? fileOr(node, 'etc/nvme/hostnqn', madeUpHostNqn(node)),
    hostId: values.get('hostid') ?? fileOr(node, 'etc/nvme/hostid', randomUUID()),
    reconnectDelay: seconds('reconnect-delay', HOST_DEFAULTS.reconnectDelay),
    ctrlLossTmo: seconds('ctrl-loss-tmo', HOST_DEFAULTS.ctrlLossTmo),
    keepAliveTmo: seconds('keep-alive-tmo', HOST_DEFAULTS.keepAliveTmo),
    fastIoFailTmo: seconds('fast_io_fail_tmo', -1),
  });
  if ('controller' in result) {
    const { name } = result.controller;
    if (values.get('output-format') === 'json') return { out: `{\n  "device":"${name}"\n}\n`, exit: 0 };
    return { out: node.nvmeCli === '2.3' ? '' : `connecting to device: ${name}\n`, exit: 0 };
  }
  switch (result.failed) {
    case 'already-connected':
      return { err: 'already connected\n', exit: 1 };
    case 'in-progress':
      return failed(node, 'Operation already in progress', 'already connected');
    case 'refused':
      return failed(node, 'Input/output error', NO_WRITE);
    case 'connection-refused':
      return failed(node, 'Connection refused', 'connection refused');
    case 'timed-out':
      return failed(node, 'Connection timed out', NO_WRITE);
    case 'no-route':
      return failed(node, 'Network is unreachable', NO_WRITE);
  }
}

function unresolved(node: NodeKernel, address: string): Answer {
  return node.nvmeCli === '2.3'
    ? {
        err:
          'No support for hostname IP address resolution; recompile with libnss support.\n' +
          'could not add new controller: failed to get transport address\n',
        exit: 1,
      }
    : {
        err:
          `failed to resolve host ${address} info\n` +
          'could not add new controller: failed to get transport address\n',
        exit: 1,
      };
}

function noFabrics(node: NodeKernel): Answer {
  return {
    err:
      'Failed to open /dev/nvme-fabrics: No such file or directory\n' +
      (node.nvmeCli === '2.3' ? '' : 'option "traddr" ignored\noption "trsvcid" ignored\n') +
      'could not add new controller: failed to open nvme-fabrics device\n',
    exit: 1,
  };
}

function fileOr(node: NodeKernel, path: string, otherwise: string): string {
  const text = node.read(path)?.split('\n')[0]?.trim();
  return text === undefined || text === '' ? otherwise : text;
}

/** Without the file, and without a usable DMI uuid, a new one at every call (measured: e3). */
function madeUpHostNqn(node: NodeKernel): string {
  const uuid = node.nvmeCli === '2.3' ? '00000000-0000-0000-0000-000000000000' : randomUUID();
  return `nqn.2014-08.org.nvmexpress:uuid:${uuid}`;
}
