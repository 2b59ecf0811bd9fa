import type { Attachment, Holder } from '../../attachment/attachment.ts';
import { isHostNqn, NOBODY } from '../../attachment/host-nqn.ts';
import type { Tag } from '../../attachment/tag.ts';
import type { Finding } from '../care/finding.ts';
import type { Disk } from '../ports/storage-server.ts';
import { standing, subsystemOf, usableDevice } from '../seen.ts';
import type { RebuildFacts } from './facts.ts';

/** A volume whose tag names owners. */
export interface Owned {
  readonly key: string;
  readonly rds: string;
  /** Where nodes reach the storage server. */
  readonly address: string;
  readonly disk: Disk;
  readonly tag: Tag;
}

/**
 * The claim that a tag stands for. Whoever it names has the volume or may have it, whatever else does not fit:
 * only proof releases a claim. What does not fit is told.
 */
export function claimOf(facts: RebuildFacts, owned: Owned): { attachment: Attachment; findings: Finding[] } {
  const { key, rds, address, disk, tag } = owned;
  const [first = '', ...others] = tag.owners;
  const holder = (node: string): Holder => ({
    node,
    hostNqn: grantedNqn(facts, owned, node),
    device: deviceOn(facts, owned, node),
    since: facts.now,
  });
  return {
    attachment: {
      volume: key,
      rds,
      slot: disk.slot,
      phase: 'attached',
      holders: [holder(first), ...others.slice(0, 1).map(holder)],
      nqn: disk.nqn,
      transport: { address, port: disk.port },
      sizeBytes: disk.sizeBytes,
      attachedAt: facts.now,
      by: facts.by,
      // How long it was to be shared stands nowhere: it is over.
      sharedUntil: others.length > 0 ? facts.now : null,
      token: tag.token,
      intent: null,
    },
    findings: [
      ...exportFindings(facts, owned),
      ...tag.owners.flatMap((node) => nodeFindings(facts, owned, node)),
    ],
  };
}

/** The host NQN that a node is known to connect with. */
export function knownNqn(facts: RebuildFacts, node: string): string | null {
  const found = facts.nodes.get(node);
  const recalled = facts.present?.nodes[node] ?? facts.remembered?.nodes[node];
  return found?.hostNqn ?? found?.view?.hostNqnFile ?? recalled?.hostNqn ?? null;
}

/** The one that the export lets in for this owner; what the storage server enforces counts. */
function grantedNqn(facts: RebuildFacts, { disk, tag }: Owned, node: string): string | null {
  if (tag.owners.length === 1 && disk.exported && isHostNqn(disk.allow)) return disk.allow;
  return knownNqn(facts, node);
}

function deviceOn(facts: RebuildFacts, { disk, address }: Owned, node: string): string | null {
  const view = facts.nodes.get(node)?.view;
  const subsystem = view == null ? null : subsystemOf(view, disk.nqn);
  return standing(subsystem, address) === 'live' ? (usableDevice(subsystem)?.path ?? null) : null;
}

function exportFindings(facts: RebuildFacts, { key, disk, tag }: Owned): Finding[] {
  const [owner = ''] = tag.owners;
  const difference = (what: string, fix: string): Finding[] => [
    { level: 'difference', where: key, what, fix },
  ];
  if (tag.owners.length > 2)
    return difference(
      `its tag names ${tag.owners.join(', ')}: two at most are possible`,
      `rdsctl show ${key}`,
    );
  if (!disk.exported)
    return difference(
      `its tag names ${tag.owners.join(' and ')}, but the export is off; it stays claimed for ${owner}`,
      `rdsctl attach ${key} ${owner}`,
    );
  if (disk.allow === NOBODY)
    return difference(
      `its tag names ${owner}, but nobody is let in; sessions from before may live on`,
      `rdsctl detach ${key}`,
    );
  if (tag.owners.length === 2)
    return [
      {
        level: 'note',
        where: key,
        what: `it is shared by ${tag.owners.join(' and ')}; how long it was to be is not known, so that the next reconcile ends it`,
        fix: null,
      },
    ];
  if (disk.allow === '')
    return difference(
      `its tag names ${owner}, but any host is let in; it stays claimed for ${owner}`,
      `rdsctl attach ${key} ${owner}`,
    );
  const known = knownNqn(facts, owner);
  if (known === null || known === disk.allow) return [];
  const other = [...facts.nodes.keys()].find((node) => knownNqn(facts, node) === disk.allow);
  return difference(
    `its tag names ${owner} (${known}), but ${other === undefined ? `${disk.allow} is let in, which no node has` : `${other} is let in (${disk.allow})`}; it stays claimed for ${owner}`,
    `rdsctl show ${key}`,
  );
}

function nodeFindings(facts: RebuildFacts, { key, disk, address }: Owned, node: string): Finding[] {
  const found = facts.nodes.get(node);
  if (found === undefined)
    return [
      {
        level: 'difference',
        where: key,
        what: `its tag names ${node}, which the configuration does not; it stays claimed for ${node} until that is cut off`,
        fix: `rdsctl fence ${node}`,
      },
    ];
  if (found.view === null)
    return [
      {
        level: 'note',
        where: key,
        what: `${node} could not be asked; it stays claimed for ${node} by the storage server's word`,
        fix: `rdsctl fence ${node}`,
      },
    ];
  if (!disk.exported || standing(subsystemOf(found.view, disk.nqn), address) === 'live') return [];
  return [
    {
      level: 'note',
      where: key,
      what: `${node} is not connected to it`,
      fix: `rdsctl attach ${key} ${node}`,
    },
  ];
}
