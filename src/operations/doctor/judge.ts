import type { Disk } from '../ports/storage-server.ts';
import { checksOf, HERE, SEVERITIES, type Check } from './check.ts';
import { checkClock } from './clocks.ts';
import { checkConfiguration } from './configuration.ts';
import { checkExports } from './exports.ts';
import { checkDeadMounts } from './dead-mounts.ts';
import type { DoctorFacts } from './facts.ts';
import { checkAddresses, checkFirewall } from './firewall.ts';
import { checkIdentity, checkTwins } from './identity.ts';
import { checkLeftovers } from './leftovers.ts';
import { checkNodeTools } from './node-tools.ts';
import { checkProof } from './proof.ts';
import { checkReach } from './reach.ts';
import { checkReconnecting } from './reconnecting.ts';
import { checkRouterOs } from './routeros.ts';
import { checkStateDirectory } from './state-directory.ts';

/** Every check, this host's first, then storage servers, then nodes; the worst of each host first. Pure. */
export function judge(facts: DoctorFacts): Check[] {
  const disks = disksOf(facts);
  const checks = [
    ...checkConfiguration(facts.here),
    ...checkAddresses(facts.config),
    ...checkStateDirectory(facts.here, facts.state.error),
    ...[...facts.servers.keys()].flatMap((rds) => judgeServer(facts, rds)),
    ...[...facts.nodes.keys()].flatMap((node) => judgeNode(facts, node, disks)),
    ...checkTwins(facts.config, facts.state.view, viewsOf(facts)),
  ];
  const hosts = [HERE, ...facts.servers.keys(), ...facts.nodes.keys()];
  const rank = ({ host, severity }: Check): number =>
    (hosts.indexOf(host) === -1 ? hosts.length : hosts.indexOf(host)) * SEVERITIES.length +
    SEVERITIES.indexOf(severity);
  return checks
    .map((check, index) => ({ check, index }))
    .sort((a, b) => rank(a.check) - rank(b.check) || a.index - b.index)
    .map(({ check }) => check);
}

function judgeServer({ config, state, servers, proofs }: DoctorFacts, rds: string): Check[] {
  const asked = servers.get(rds);
  const configured = config.storageServers[rds];
  if (asked === undefined || configured === undefined) return [];
  const peer = `${configured.user}@${configured.host}`;
  const proof = checkProof(rds, proofs.get(rds) ?? null, asked.view?.version ?? null);
  if (asked.view === null) return [...checkReach('storage server', rds, peer, asked.error), ...proof];
  const { view, at } = asked;
  const ports = new Set([
    configured.nvme.port,
    ...('told' in view.disks
      ? view.disks.told.filter(({ exported }) => exported).map(({ port }) => port)
      : []),
  ]);
  return [
    ...checkReach('storage server', rds, peer, null),
    ...checkRouterOs(rds, view),
    ...checkClock(
      rds,
      'told' in view.clock ? view.clock.told : null,
      at,
      '/system/ntp/client/set enabled=yes servers=pool.ntp.org',
    ),
    ...checkExports(rds, view.disks, state.view),
    ...checkFirewall(
      rds,
      view.firewall,
      [...ports].sort((a, b) => a - b),
      config,
      state.view,
    ),
    ...proof,
  ];
}

function judgeNode(
  { config, state, nodes }: DoctorFacts,
  node: string,
  disks: ReadonlyMap<string, readonly Disk[]>,
): Check[] {
  const asked = nodes.get(node);
  const configured = config.nodes[node];
  if (asked === undefined || configured === undefined) return [];
  const peer =
    configured.host === null
      ? 'this host'
      : `${configured.user === null ? '' : `${configured.user}@`}${configured.host}`;
  if (asked.view === null) return checkReach('node', node, peer, asked.error);
  const { view, at } = asked;
  const nqns = new Set([
    ...[...disks.values()].flatMap((each) => each.map(({ nqn }) => nqn)),
    ...Object.values(state.view?.attachments ?? {}).flatMap(({ nqn }) => (nqn === null ? [] : [nqn])),
  ]);
  const fenced = state.view?.nodes[node]?.fenced ?? null;
  const { info } = checksOf(node);
  return [
    ...checkReach('node', node, peer, null),
    ...(fenced === null
      ? []
      : [
          info(
            'node.fenced',
            node,
            `fenced since ${fenced.since} by ${fenced.by}`,
            'Nothing can be attached to it.',
            `rdsctl unfence ${node}`,
            HERE,
          ),
        ]),
    ...checkNodeTools(node, view),
    ...checkIdentity(node, configured.hostNqn, view.view),
    ...checkClock(node, view.view.clock, at, 'timedatectl set-ntp true'),
    ...checkReconnecting(node, view, config, [...nqns]),
    ...checkLeftovers(node, view, config, state.view, disks),
    ...checkDeadMounts(node, view.view, nqns),
  ];
}

function disksOf({ servers }: DoctorFacts): ReadonlyMap<string, readonly Disk[]> {
  return new Map(
    [...servers].map(([rds, { view }]) => [
      rds,
      view !== null && 'told' in view.disks ? view.disks.told : [],
    ]),
  );
}

function viewsOf({ nodes }: DoctorFacts) {
  return new Map(
    [...nodes].flatMap(([node, { view }]) => (view === null ? [] : [[node, view.view] as const])),
  );
}
