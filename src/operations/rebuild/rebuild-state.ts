import type { Attachment } from '../../attachment/attachment.ts';
import { volumeKey } from '../../attachment/names.ts';
import type { NodeRecord } from '../../state/state.ts';
import { sorted, type Finding } from '../care/finding.ts';
import { knownNqn } from './claim.ts';
import type { Rebuilt, RebuildFacts } from './facts.ts';
import { judgeDisk } from './judge.ts';

/**
 * Makes a state from what the storage servers and nodes show. Rules: a tag of the lineage is a claim of its
 * owners; what can be read of the present state stays unless a storage server knows a newer token; no token
 * ever gets lower; what can't be known is told.
 */
export function rebuildState(facts: RebuildFacts): Rebuilt {
  const attachments: Record<string, Attachment> = {};
  const tokens = new Map(facts.floors);
  const findings: Finding[] = [];
  const undrained: { rds: string; slot: string }[] = [];
  const raise = (key: string, token: number): void => {
    tokens.set(key, Math.max(token, tokens.get(key) ?? 0));
  };
  for (const [rds, server] of facts.servers) {
    for (const disk of server?.disks ?? []) {
      const key = volumeKey(rds, disk.slot);
      const judged = judgeDisk(facts, rds, server?.address ?? '', disk);
      if (judged.attachment !== null) attachments[key] = judged.attachment;
      if (judged.token !== null) raise(key, judged.token);
      if (judged.undrained) undrained.push({ rds, slot: disk.slot });
      findings.push(...judged.findings);
    }
  }
  for (const one of Object.values(facts.present?.attachments ?? {})) {
    if (Object.hasOwn(attachments, one.volume)) continue;
    const { keep, finding } = unseen(facts, one);
    if (keep) attachments[one.volume] = one;
    if (finding !== null) findings.push(finding);
  }
  for (const { volume, token } of Object.values(attachments)) raise(volume, token);
  return {
    lineage: facts.lineage,
    body: {
      attachments,
      tokens: Object.fromEntries([...tokens].filter(([, token]) => token > 0)),
      nodes: nodesOf(facts, attachments),
    },
    findings: sorted([...findings, ...marks(facts)]),
    undrained,
  };
}

/** What becomes of an attachment of the state whose disk no storage server showed, or showed to be nobody's. */
function unseen(
  { servers, mayTouch }: RebuildFacts,
  { volume, rds, slot }: Attachment,
): { keep: boolean; finding: Finding | null } {
  const server = servers.get(rds);
  const difference = (what: string, fix: string): Finding => ({
    level: 'difference',
    where: volume,
    what,
    fix,
  });
  if (server === undefined)
    return {
      keep: true,
      finding: difference(
        `the configuration names no storage server ${rds}; it stays as the state has it`,
        'rdsctl config show',
      ),
    };
  if (server === null)
    return {
      keep: true,
      finding: difference(
        `${rds} could not be asked; it stays as the state has it`,
        'rdsctl state check --remote',
      ),
    };
  if (!mayTouch(rds, slot))
    return {
      keep: true,
      finding: difference(
        `the configuration's volumes for ${rds} do not name it; it stays as the state has it`,
        'rdsctl config show',
      ),
    };
  // Its disk was seen: it was judged, and nobody has it.
  if (server.disks.some((disk) => disk.slot === slot)) return { keep: false, finding: null };
  return {
    keep: false,
    finding: difference(`${rds} has no such disk any more: it is forgotten`, 'rdsctl volumes'),
  };
}

/** What is remembered of nodes, with those that have a volume. */
function nodesOf(
  facts: RebuildFacts,
  attachments: Readonly<Record<string, Attachment>>,
): Record<string, NodeRecord> {
  const nodes: Record<string, NodeRecord> = { ...(facts.present ?? facts.remembered)?.nodes };
  for (const { holders } of Object.values(attachments))
    for (const holder of holders) {
      const recalled = nodes[holder.node];
      const hostNqn = knownNqn(facts, holder.node) ?? holder.hostNqn;
      const view = facts.nodes.get(holder.node)?.view;
      nodes[holder.node] = {
        hostNqn,
        hostId: view?.hostIdFile ?? recalled?.hostId ?? hostNqn?.split(':uuid:')[1] ?? null,
        fenced: recalled?.fenced ?? null,
      };
    }
  return nodes;
}

/** Fence marks stand in the state alone. */
function marks({ present, remembered }: RebuildFacts): Finding[] {
  if (present !== null) return [];
  const marked = Object.keys(remembered?.nodes ?? {}).filter(
    (node) => remembered?.nodes[node]?.fenced != null,
  );
  const what =
    remembered === null
      ? 'which nodes were fenced is not known any more: a node that was may be given volumes again'
      : `fence marks are those of the newest good backup (${marked.join(', ') || 'none'}): later ones are lost`;
  return [{ level: 'difference', where: 'nodes', what, fix: 'rdsctl fence NODE' }];
}
