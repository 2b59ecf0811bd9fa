import { openAuditLog } from '../../../audit/audit-log.ts';
import type { AuditEntry } from '../../../audit/entry.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import type { Handler } from '../../command.ts';
import type { history } from './definition.ts';
import { historyTable } from './table.ts';
import { parseTime } from './time-option.ts';

/** Shows the audit log. */
export const run: Handler<typeof history> = async ({ args, options, stateLocation, out, now }) => {
  const location = await stateLocation();
  const { about, ...wanted } = { about: args.about, ...options };
  const since = wanted.since === undefined ? null : parseTime('--since', wanted.since, now());
  const until = wanted.until === undefined ? null : parseTime('--until', wanted.until, now());
  const isWanted = (entry: AuditEntry): boolean =>
    (about === undefined || isAbout(entry, about)) &&
    (wanted.event.length === 0 || wanted.event.includes(entry.event)) &&
    (wanted.result.length === 0 || wanted.result.includes(entry.result)) &&
    (wanted.by.length === 0 || isBy(entry, wanted.by)) &&
    (since === null || Date.parse(entry.time) >= since.getTime()) &&
    (until === null || Date.parse(entry.time) < until.getTime());

  const entries: AuditEntry[] = [];
  for await (const entry of openAuditLog({ directory: location.directory }).readNewestFirst()) {
    if (since !== null && Date.parse(entry.time) < since.getTime() - CLOCK_STEP_MS) break;
    if (!isWanted(entry)) continue;
    entries.push(entry);
    if (entries.length === wanted.limit) break;
  }
  entries.reverse();
  await out.list({
    kind: 'AuditEventList',
    itemKind: 'AuditEvent',
    items: entries,
    item: (entry) => entry,
    text: (style, wide) => historyTable(entries, style, wide),
    names: () => entries.map(({ id }) => id),
  });
  return EXIT_CODES.OK;
};

/** Entries stand in the order in which they were written; the clock may have been set back by so much. */
const CLOCK_STEP_MS = 86_400_000;

/** A move away from a node names the other one, but something was done on this one. */
function isAbout({ volume, node, changes }: AuditEntry, name: string): boolean {
  const volumes = volume?.split(' ') ?? [];
  return (
    node === name ||
    changes.some(({ at }) => at === name) ||
    volumes.some((one) => one === name || one.endsWith(`/${name}`))
  );
}

function isBy({ who, host }: AuditEntry, names: readonly string[]): boolean {
  const { user, sudoUser, sshOrigin } = who;
  return [user, sudoUser, sshOrigin, `${sudoUser ?? user}@${host}`].some(
    (name) => name !== null && names.includes(name),
  );
}
