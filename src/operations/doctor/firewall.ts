import type { Config } from '../../config/config.ts';
import type { State } from '../../state/state.ts';
import { missingEntries, staleEntries } from '../firewall/entries.ts';
import { removalOf } from '../firewall/removal.ts';
import { addRuleLine, judgeRule, moveRuleLine } from '../firewall/rule.ts';
import type { Family, FirewallView } from '../ports/firewall.ts';
import type { Told } from '../ports/storage-server-diagnosis.ts';
import { checksOf, HERE, type Check } from './check.ts';

const WHY =
  'It is a second way to cut a node off, independent of the exports: it drops the packets of fenced nodes.';

/**
 * The rule that drops what fenced nodes send, and the list of their addresses.
 * @param ports TCP ports of this server's NVMe targets
 * @param state null = it could not be read
 */
export function checkFirewall(
  rds: string,
  told: Told<FirewallView>,
  ports: readonly number[],
  config: Config,
  state: State | null,
): Check[] {
  const { unknown } = checksOf(rds);
  if ('untold' in told) {
    return [unknown('firewall.rule', 'firewall', `could not be checked: ${told.untold}`)];
  }
  return [
    ...familiesOf(config).flatMap((family) =>
      checkRule(rds, told.told, family, ports, config.fence.firewall),
    ),
    ...checkEntries(rds, told.told, config, state),
  ];
}

/** IPv4 unless the nodes' addresses say otherwise. */
function familiesOf({ nodes }: Config): readonly Family[] {
  const addresses = Object.values(nodes).flatMap((node) => node.addresses);
  const six = addresses.some((address) => address.includes(':'));
  const four = addresses.length === 0 || addresses.some((address) => !address.includes(':'));
  return [...(four ? [4 as const] : []), ...(six ? [6 as const] : [])];
}

function checkRule(
  rds: string,
  view: FirewallView,
  family: Family,
  ports: readonly number[],
  wanted: boolean,
): Check[] {
  const { error, info, ok } = checksOf(rds);
  const id = 'firewall.rule';
  const subject = `drop rule (IPv${family})`;
  const verdict = judgeRule(view, family, ports);
  const places = ports.join(', ');
  if (verdict.state === 'good') {
    return [ok(id, subject, `packets of fenced nodes to port ${places} are dropped, before all other rules`)];
  }
  if (verdict.state === 'behind') {
    const { rule, before } = verdict;
    const found = `stands behind rule ${before.id} (${before.action}), which may let the packets through`;
    const line = moveRuleLine(view, rule, ports);
    return [(wanted ? error : info)(id, subject, found, WHY, line)];
  }
  const add = addRuleLine(view, family, ports);
  if (wanted) {
    return [
      error(
        id,
        subject,
        `fence.firewall is on, but no rule drops what fenced nodes send to port ${places}`,
        WHY,
        add,
      ),
    ];
  }
  return [
    info(
      id,
      subject,
      'is not there (fence.firewall is off)',
      `${WHY} To have it, add the rule and set fence.firewall: true.`,
      add,
    ),
  ];
}

function checkEntries(rds: string, { entries }: FirewallView, config: Config, state: State | null): Check[] {
  const { warning, unknown } = checksOf(rds);
  if (state === null) {
    return entries.length === 0
      ? []
      : [unknown('firewall.entries', 'address list', 'could not be checked: the state can not be read')];
  }
  const stale = staleEntries(entries, state).map(({ entry, node }) =>
    warning(
      'firewall.entries',
      entry.address,
      `is on the list of fenced nodes for ${node}, which is not fenced`,
      `${node} reaches no volume of this storage server.`,
      removalOf(rds, node, [entry], { config, state }),
      HERE,
    ),
  );
  if (!config.fence.firewall) return stale;
  const absent = missingEntries(entries, state, config).map(({ node, addresses }) =>
    warning(
      'firewall.entries',
      addresses.join(', '),
      `of ${node}, which is fenced, is not on the list`,
      'It is cut off by the exports alone.',
      `rdsctl fence ${node}`,
      HERE,
    ),
  );
  return [...stale, ...absent];
}

/** What the configuration says of the nodes' addresses. */
export function checkAddresses({ nodes, fence }: Config): Check[] {
  const { error, warning } = checksOf(HERE);
  if (!fence.firewall) return [];
  const found: Check[] = [];
  const owners = new Map<string, string>();
  for (const [node, { addresses }] of Object.entries(nodes)) {
    if (addresses.length === 0) {
      found.push(
        warning(
          'firewall.addresses',
          node,
          'fence.firewall is on, but the configuration names no addresses of this node',
          'A fence of it is done by the exports alone.',
          `rdsctl config show  # then set nodes.${node}.addresses to its addresses on the storage network`,
        ),
      );
    }
    for (const address of addresses) {
      const other = owners.get(address);
      if (other === undefined) owners.set(address, node);
      else {
        found.push(
          error(
            'firewall.addresses',
            address,
            `is an address of ${other} and of ${node}`,
            'A fence of one would cut the other off too: it is not put on the list.',
            'rdsctl config check',
          ),
        );
      }
    }
  }
  return found;
}
