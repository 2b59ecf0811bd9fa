import type { StateCopy } from '../../../state/care.ts';
import { formatColumns } from '../../output/columns.ts';
import type { Style } from '../../output/style.ts';
import { formatAge } from '../../output/units.ts';

/** The document of a backup. */
export function copyBody({ name, kind, location, takenAt, bytes, state, fault }: StateCopy): object {
  return {
    name,
    kept: kind === 'kept',
    location,
    takenAt,
    bytes,
    usable: state !== null,
    lineage: state?.lineage ?? null,
    serial: state?.serial ?? null,
    attachments: state === null ? null : Object.keys(state.attachments).length,
    message: fault?.message ?? null,
  };
}

/** Backups as a table. */
export function copyTable(copies: readonly StateCopy[], now: Date, style: Style): string {
  if (copies.length === 0) return 'There is no backup.\n';
  return formatColumns<StateCopy>(
    [
      { title: 'BACKUP', text: ({ name }) => name },
      { title: 'AGE', text: ({ takenAt }) => (takenAt === null ? '-' : formatAge(takenAt, now)) },
      { title: 'SERIAL', align: 'right', text: ({ state }) => (state === null ? '-' : String(state.serial)) },
      {
        title: 'ATTACHMENTS',
        align: 'right',
        text: ({ state }) => (state === null ? '-' : String(Object.keys(state.attachments).length)),
      },
      {
        title: 'STATUS',
        text: ({ state, kind }) => (state === null ? 'damaged' : kind === 'kept' ? 'good, kept' : 'good'),
        paint: (text, { state }) => (state === null ? style.bad(text) : style.good(text)),
      },
    ],
    copies,
    style,
  );
}
