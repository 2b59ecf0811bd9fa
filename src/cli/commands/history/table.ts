import type { AuditEntry } from '../../../audit/entry.ts';
import { whoText } from '../../../audit/who.ts';
import { formatColumns, type Column } from '../../output/columns.ts';
import type { Style } from '../../output/style.ts';

/** Entries of the audit log as a table. */
export function historyTable(entries: readonly AuditEntry[], style: Style, wide: boolean): string {
  if (entries.length === 0) return 'Nothing of that is in the audit log.\n';
  const more: Column<AuditEntry>[] = [
    { title: 'TOKEN', align: 'right', text: ({ token }) => (token === null ? '-' : String(token)) },
    { title: 'EXIT', align: 'right', text: ({ exitCode }) => String(exitCode) },
    { title: 'PID', align: 'right', text: ({ pid }) => String(pid) },
    { title: 'COMMAND', text: ({ command }) => oneLine(command) },
    {
      title: 'CHANGES',
      text: ({ changes }) => changes.map(({ at, what }) => `${at}: ${oneLine(what)}`).join('; ') || '-',
    },
  ];
  return formatColumns<AuditEntry>(
    [
      { title: 'TIME', text: ({ time }) => `${time.slice(0, 10)} ${time.slice(11, 19)}Z` },
      { title: 'WHO', text: ({ who, host }) => `${whoText(who)}@${host}` },
      { title: 'WHAT', text: ({ event }) => event },
      { title: 'VOLUME', text: ({ volume }) => volume ?? '-' },
      { title: 'NODE', text: ({ node }) => node ?? '-' },
      {
        title: 'RESULT',
        text: ({ result, reason }) => (reason === null ? result : `${result} (${reason})`),
        paint: (padded, { result }) =>
          result === 'ok' ? style.good(padded) : result === 'unchanged' ? padded : style.bad(padded),
      },
      { title: 'TOOK', align: 'right', text: ({ durationMs }) => `${(durationMs / 1000).toFixed(1)} s` },
      ...(wide ? more : []),
      { title: 'NOTE', text: ({ message, operatorReason }) => oneLine(operatorReason ?? message ?? '') },
    ],
    entries,
    style,
  );
}

/** As it can stand in a row of a table. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
