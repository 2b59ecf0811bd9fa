import type { Config } from '../../config/config.ts';
import type { NodeDiagnosis } from '../ports/node-diagnosis.ts';
import { sameAddress } from '../seen.ts';
import { checksOf, type Check } from './check.ts';

/**
 * What connects by itself on a node, past rdsctl: nvme-cli's own configuration at boot, nvme-stas at any time.
 * @param nqns subsystem NQNs of the volumes that are known
 */
export function checkReconnecting(
  node: string,
  seen: NodeDiagnosis,
  config: Config,
  nqns: readonly string[],
): Check[] {
  const { warning, info, ok } = checksOf(node);
  const addresses = Object.values(config.storageServers).map(({ nvme }) => nvme.address);
  const names = (text: string): boolean => [...addresses, ...nqns].some((word) => wordsOf(text).has(word));
  const boot = seen.units.filter((unit) => unit.startsWith('nvm'));
  const stas = seen.units.filter((unit) => unit.startsWith('sta'));
  const found: Check[] = [];
  const why =
    'It would connect with settings of its own, past the state: rdsctl finds controllers that it did not make.';
  const files = [
    ['/etc/nvme/config.json', seen.configJson],
    ['/etc/nvme/discovery.conf', seen.discoveryConf?.join('\n') ?? null],
  ] as const;
  for (const [file, text] of files) {
    if (text === null || text.trim() === '' || !names(text)) continue;
    const when = boot.length > 0 ? `, and ${boot.join(' and ')} connects it at boot` : '';
    found.push(
      warning(
        'node.auto-connect',
        file,
        `names a storage server or volume of rdsctl${when}`,
        why,
        `mv ${file} ${file}.off`,
      ),
    );
  }
  if (stas.length > 0) {
    found.push(
      warning(
        'node.auto-connect',
        stas.join(', '),
        'nvme-stas is enabled: it finds and connects subsystems by itself',
        why,
        `systemctl disable --now ${stas.join(' ')}`,
      ),
    );
  } else if (boot.length > 0 && found.length === 0) {
    found.push(info('node.auto-connect', boot.join(', '), 'is enabled, with nothing of rdsctl to connect'));
  }
  return [
    ...(found.length > 0 ? found : [ok('node.auto-connect', 'services', 'nothing connects by itself')]),
    ...checkLossTmo(node, seen, config, nqns),
  ];
}

/** A controller of ours that retries for ever, though the configuration does not want that. */
function checkLossTmo(
  node: string,
  { controllers }: NodeDiagnosis,
  config: Config,
  nqns: readonly string[],
): Check[] {
  if (config.nvme.ctrlLossTmo < 0) return [];
  const ours = controllers.filter(({ nqn, address, retriesForEver }) => {
    const servers = Object.values(config.storageServers);
    return (
      retriesForEver && (nqns.includes(nqn) || servers.some(({ nvme }) => sameAddress(nvme.address, address)))
    );
  });
  return ours.map(({ name, nqn }) =>
    checksOf(node).warning(
      'node.ctrl-loss-tmo',
      name,
      `retries for ever (ctrl-loss-tmo -1) for ${nqn}`,
      'After a fence it holds its queued writes until it is let in again, however much later, and replays them.',
      `echo ${Math.ceil(config.nvme.ctrlLossTmo / 1000)} > /sys/class/nvme/${name}/ctrl_loss_tmo`,
    ),
  );
}

/** Names and addresses in a file, as whole words. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.split(/[\s"',=[\]{}]+/));
}
