import type { VolumeRow } from '../../../operations/volumes.ts';
import type { Style } from '../../output/style.ts';
import type { TableColumn } from '../../output/table.ts';
import { formatSize } from '../../output/units.ts';

/** The columns of what the storage servers hold. */
export function volumeColumns(
  label: (row: VolumeRow) => string,
  style: Style,
): readonly TableColumn<VolumeRow>[] {
  return [
    { title: 'VOLUME', text: label },
    { title: 'RDS', text: ({ rds }) => rds },
    {
      title: 'SIZE',
      align: 'right',
      text: ({ disk }) => (disk.sizeBytes === null ? '-' : formatSize(disk.sizeBytes)),
      order: ({ disk }) => disk.sizeBytes ?? -1,
    },
    { title: 'EXPORT', text: exported, paint: (text, row) => (openToAll(row) ? style.bad(text) : text) },
    { title: 'NQN', wide: true, text: ({ disk }) => disk.nqn },
    { title: 'ALLOWED', wide: true, text: ({ disk }) => (disk.allow === '' ? '(any host)' : disk.allow) },
    { title: 'TYPE', wide: true, text: ({ disk }) => disk.type },
    {
      title: 'TAG',
      wide: true,
      text: ({ tag }) =>
        tag === null
          ? '-'
          : tag === 'unreadable'
            ? 'unreadable'
            : `${tag.owners.join('+') || '-'} #${tag.token}`,
    },
    { title: 'NODE', text: ({ attachment }) => attachment?.holders.map(({ node }) => node).join(',') ?? '-' },
    { title: 'PHASE', text: ({ attachment }) => attachment?.phase ?? '-' },
    {
      title: 'COMMENT',
      cuts: true,
      text: ({ text }) =>
        Buffer.from(text, 'latin1')
          .toString('utf8')
          .replace(/\p{Cc}/gu, ' '),
    },
  ];
}

function openToAll({ disk }: VolumeRow): boolean {
  return disk.exported && disk.allow === '';
}

function exported(row: VolumeRow): string {
  if (!row.disk.exported) return 'off';
  return openToAll(row) ? 'on, any host' : 'on';
}
