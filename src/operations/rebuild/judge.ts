import type { Attachment } from '../../attachment/attachment.ts';
import { parseComment, type Tag } from '../../attachment/tag.ts';
import { volumeKey } from '../../attachment/names.ts';
import type { Finding } from '../care/finding.ts';
import type { Disk } from '../ports/storage-server.ts';
import { claimOf } from './claim.ts';
import type { Judged, RebuildFacts } from './facts.ts';

/** Decides what the state is to say of one volume. */
export function judgeDisk(facts: RebuildFacts, rds: string, address: string, disk: Disk): Judged {
  const key = volumeKey(rds, disk.slot);
  const present = facts.present?.attachments[key] ?? null;
  const { tag } = parseComment(disk.comment);
  if (tag === null || tag === 'unreadable' || tag.lineage !== facts.lineage)
    return {
      attachment: present,
      token: null,
      undrained: false,
      findings: withoutTag(key, disk, tag, present),
    };
  const known = facts.present?.tokens[key] ?? 0;
  const kept = (attachment: Attachment, findings: readonly Finding[] = []): Judged => ({
    attachment,
    token: tag.token,
    undrained: false,
    findings,
  });
  // A state that can be read is overruled only by a newer token.
  if (present !== null && present.token > tag.token) return kept(present, behind(key, present, tag));
  if (present !== null && present.token === tag.token && (present.intent !== null || fits(present, tag)))
    return kept(present);
  const recalled = facts.remembered?.attachments[key];
  if (recalled?.token === tag.token && recalled.intent === null && fits(recalled, tag)) return kept(recalled);
  if (tag.owners.length > 0) {
    const { attachment, findings } = claimOf(facts, { key, rds, address, disk, tag });
    return kept(attachment, [...overruled(key, present, tag), ...findings]);
  }
  // That nobody has it is only proved where the state itself said so with that token.
  const isProved = facts.present !== null && present === null && known >= tag.token;
  return {
    attachment: null,
    token: tag.token,
    undrained: !isProved,
    findings: [...overruled(key, present, tag), ...(disk.exported ? [openExport(key, disk)] : [])],
  };
}

/** Whether an attachment and a tag name the same nodes. */
function fits({ phase, holders }: Attachment, { owners }: Tag): boolean {
  if (phase === 'fenced') return owners.length === 0;
  return owners.length === holders.length && holders.every(({ node }) => owners.includes(node));
}

function withoutTag(
  key: string,
  disk: Disk,
  tag: Tag | 'unreadable' | null,
  present: Attachment | null,
): Finding[] {
  const stays = present === null ? 'it is left out' : `it stays as the state has it`;
  const found = (what: string, fix: string): Finding[] => [
    { level: 'difference', where: key, what: `${what}; ${stays}`, fix },
  ];
  if (tag === 'unreadable')
    return found('its comment holds a tag that can not be read', `rdsctl show ${key}`);
  if (tag !== null)
    return found(
      `it is managed by another rdsctl state (lineage ${tag.lineage}, owner ${tag.owners.join(' and ') || 'nobody'}, token ${tag.token})`,
      `rdsctl state rebuild --lineage ${tag.lineage}`,
    );
  if (present !== null && present.intent === null)
    return found('the state knows it, but its comment has no tag', `rdsctl show ${key}`);
  if (present === null && disk.exported)
    return found(
      `it is exported to ${disk.allow === '' ? 'any host' : disk.allow} without a tag`,
      `rdsctl adopt ${key}`,
    );
  return [];
}

function behind(key: string, { token, intent }: Attachment, tag: Tag): Finding[] {
  if (intent !== null) return [];
  return [
    {
      level: 'difference',
      where: key,
      what: `the storage server has an older token (${tag.token}) than the state (${token}): its comment was put back; it stays as the state has it`,
      fix: `rdsctl show ${key}`,
    },
  ];
}

function overruled(key: string, present: Attachment | null, tag: Tag): Finding[] {
  if (present === null) return [];
  const names = present.holders.map(({ node }) => node).join(' and ');
  const what = `the state says ${present.phase} on ${names} with token ${present.token}`;
  return [
    {
      level: 'difference',
      where: key,
      what: `${what}; the storage server says ${tag.owners.join(' and ') || 'nobody'} with token ${tag.token}, which counts`,
      fix: `rdsctl show ${key}`,
    },
  ];
}

function openExport(key: string, disk: Disk): Finding {
  return {
    level: 'difference',
    where: key,
    what: `its tag names nobody, but it is exported to ${disk.allow === '' ? 'any host' : disk.allow}; it is left out`,
    fix: `rdsctl adopt ${key}`,
  };
}
