import type { ListedLock } from '../../../state/lock-care.ts';
import { formatColumns } from '../../output/columns.ts';
import type { Style } from '../../output/style.ts';
import { formatAge } from '../../output/units.ts';

/** The document of a lock. */
export function lockBody({ name, id, alive, holder, quietMs }: ListedLock): object {
  return {
    name,
    id,
    alive,
    who: holder?.who ?? null,
    host: holder?.host ?? null,
    pid: holder?.pid ?? null,
    command: holder?.command ?? null,
    since: holder?.since ?? null,
    quietMs,
  };
}

/** Locks as a table. */
export function lockTable(locks: readonly ListedLock[], now: Date, style: Style): string {
  if (locks.length === 0) return 'Nothing is locked.\n';
  return formatColumns<ListedLock>(
    [
      { title: 'LOCK', text: ({ name }) => name },
      {
        title: 'HOLDER',
        text: standing,
        paint: (text, { alive }) =>
          alive === true ? style.good(text) : alive === false ? style.dim(text) : style.caution(text),
      },
      { title: 'WHO', text: ({ holder }) => (holder === null ? '-' : `${holder.who}@${holder.host}`) },
      { title: 'PID', align: 'right', text: ({ holder }) => (holder === null ? '-' : String(holder.pid)) },
      {
        title: 'SINCE',
        text: ({ holder }) => (holder === null ? '-' : `${formatAge(holder.since, now)} ago`),
      },
      { title: 'COMMAND', text: ({ holder }) => holder?.command ?? '-' },
      { title: 'ID', text: ({ id }) => id ?? '-' },
    ],
    locks,
    style,
  );
}

function standing({ alive, quietMs }: ListedLock): string {
  if (alive === true) return 'alive';
  if (alive === false) return 'dead';
  return quietMs === null ? 'on another host' : `on another host, silent for ${Math.round(quietMs / 1000)} s`;
}
