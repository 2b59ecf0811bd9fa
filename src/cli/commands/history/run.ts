import { openAuditLog } from '../../../audit/audit-log.ts';
import type { AuditEntry } from '../../../audit/entry.ts';
import { whoText } from '../../../audit/who.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import { formatColumns } from '../../output/columns.ts';
import type { Style } from '../../output/style.ts';
import type { history } from './definition.ts';

/** Shows the audit log. */
export const run: Handler<typeof history> = async ({ args, options, stateLocation, out }) => {
  const location = await stateLocation();
  if (location.kind === 'url') {
    throw new RdsctlError('BAD_ARGUMENT', {
      message: 'the audit log is kept beside a state in a directory; this state is at a URL',
    });
  }
  const entries: AuditEntry[] = [];
  for await (const entry of openAuditLog({ directory: location.directory }).read()) {
    if (args.about === undefined || isAbout(entry, args.about)) entries.push(entry);
    if (options.limit > 0 && entries.length > options.limit) entries.shift();
  }
  await out.list({
    kind: 'AuditEventList',
    itemKind: 'AuditEvent',
    items: entries,
    item: (entry) => entry,
    text: (style, wide) => table(entries, style, wide),
    names: () => entries.map(({ id }) => id),
  });
  return EXIT_CODES.OK;
};

function isAbout({ volume, node }: AuditEntry, name: string): boolean {
  const volumes = volume?.split(' ') ?? [];
  return node === name || volumes.some((one) => one === name || one.endsWith(`/${name}`));
}

function table(entries: readonly AuditEntry[], style: Style, wide: boolean): string {
  if (entries.length === 0) return 'Nothing is in the audit log.\n';
  return formatColumns<AuditEntry>(
    [
      { title: 'TIME', text: ({ time }) => `${time.slice(0, 10)} ${time.slice(11, 19)}Z` },
      { title: 'WHO', text: ({ who, host }) => `${whoText(who)}@${host}` },
      { title: 'WHAT', text: ({ event }) => event },
      { title: 'VOLUME', text: ({ volume }) => volume ?? '-' },
      { title: 'NODE', text: ({ node }) => node ?? '-' },
      {
        title: 'RESULT',
        text: ({ result }) => result,
        paint: (padded, { result }) =>
          result === 'ok' ? style.good(padded) : result === 'unchanged' ? padded : style.bad(padded),
      },
      { title: 'TOOK', align: 'right', text: ({ durationMs }) => `${(durationMs / 1000).toFixed(1)} s` },
      ...(wide
        ? [
            { title: 'TOKEN', text: ({ token }: AuditEntry) => (token === null ? '-' : String(token)) },
            { title: 'COMMAND', text: ({ command }: AuditEntry) => command },
          ]
        : []),
      { title: 'NOTE', text: ({ message, operatorReason }) => operatorReason ?? message ?? '' },
    ],
    entries,
    style,
  );
}
