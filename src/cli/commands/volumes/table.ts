import type { VolumeRow } from '../../../operations/volumes.ts';
import { formatColumns, type Column } from '../../output/columns.ts';
import type { Style } from '../../output/style.ts';
import { formatSize } from '../../output/units.ts';

interface TableOptions {
  readonly label: (row: VolumeRow) => string;
  readonly style: Style;
  readonly wide: boolean;
}

/** What the storage servers hold, as a table. */
export function volumeTable(rows: readonly VolumeRow[], { label, style, wide }: TableOptions): string {
  if (rows.length === 0) return 'No volumes.\n';
  const columns: Column<VolumeRow>[] = [
    { title: 'VOLUME', text: label },
    { title: 'RDS', text: ({ rds }) => rds },
    {
      title: 'SIZE',
      align: 'right',
      text: ({ disk }) => (disk.sizeBytes === null ? '-' : formatSize(disk.sizeBytes)),
    },
    { title: 'EXPORT', text: exported, paint: (text, row) => (openToAll(row) ? style.bad(text) : text) },
    { title: 'NODE', text: ({ attachment }) => attachment?.holders.map(({ node }) => node).join(',') ?? '-' },
    { title: 'PHASE', text: ({ attachment }) => attachment?.phase ?? '-' },
    {
      title: 'COMMENT',
      text: ({ text }) =>
        Buffer.from(text, 'latin1')
          .toString('utf8')
          .replace(/\p{Cc}/gu, ' '),
    },
  ];
  if (wide) {
    columns.splice(
      4,
      0,
      { title: 'NQN', text: ({ disk }) => disk.nqn },
      { title: 'ALLOWED', text: ({ disk }) => (disk.allow === '' ? '(any host)' : disk.allow) },
      { title: 'TYPE', text: ({ disk }) => disk.type },
      {
        title: 'TAG',
        text: ({ tag }) =>
          tag === null
            ? '-'
            : tag === 'unreadable'
              ? 'unreadable'
              : `${tag.owners.join('+') || '-'} #${tag.token}`,
      },
    );
  }
  return formatColumns(columns, rows, style);
}

function openToAll({ disk }: VolumeRow): boolean {
  return disk.exported && disk.allow === '';
}

function exported(row: VolumeRow): string {
  if (!row.disk.exported) return 'off';
  return openToAll(row) ? 'on, any host' : 'on';
}
