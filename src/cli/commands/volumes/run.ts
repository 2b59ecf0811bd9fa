import { volumes as lookAtVolumes, type VolumeRow, type VolumesResult } from '../../../operations/volumes.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import { sortNaturally } from '../../output/natural-order.ts';
import { formatTable, sortRows } from '../../output/table.ts';
import type { volumes } from './definition.ts';
import { volumeColumns } from './table.ts';

/** Lists what the storage servers hold. A server that does not answer is an error after the others' list. */
export const run: Handler<typeof volumes> = async (command) => {
  const { io, options, out } = command;
  const matches = await globFilter(options.volume);
  let unseen: VolumesResult['servers'] = [];
  await operate(
    command,
    ({ context }) => lookAtVolumes(context, options.rds),
    async (result) => {
      unseen = result.servers.filter(({ error }) => error !== null);
      const matching = sortNaturally(result.volumes.filter(matches), ({ key }) => key);
      const slots = result.volumes.map(({ disk }) => disk.slot);
      const twice = new Set(slots.filter((slot, index) => slots.indexOf(slot) !== index));
      const label = (row: VolumeRow): string => (twice.has(row.disk.slot) ? row.key : row.disk.slot);
      const columns = volumeColumns(label, out.style);
      const rows = sortRows(columns, matching, options.sort);
      await out.list({
        kind: 'VolumeList',
        itemKind: 'Volume',
        items: rows,
        item: (row) => volumeBody(row, label(row)),
        extra: {
          storageServers: result.servers.map(({ rds, version, error }) => ({
            rds,
            reachable: error === null,
            version,
            message: error?.message ?? null,
          })),
        },
        text: (style, wide) =>
          rows.length === 0
            ? 'No volumes.\n'
            : formatTable(columns, rows, { style, wide, choice: options, room: io.stdout.columns }),
        names: () => rows.map(label),
      });
    },
  );
  const [first] = unseen;
  if (first?.error) {
    throw new RdsctlError(first.error.reason, {
      message: unseen.map(({ error }) => error?.message ?? '').join('; '),
      now: `What ${unseen.map(({ rds }) => rds).join(', ')} holds could not be seen.`,
      hints: first.error.hints,
      details: first.error.details,
    });
  }
  return EXIT_CODES.OK;
};

async function globFilter(globs: readonly string[]): Promise<(row: VolumeRow) => boolean> {
  if (globs.length === 0) return () => true;
  const { default: picomatch } = await import('picomatch');
  const match = picomatch([...globs]);
  return ({ disk, key }) => match(disk.slot) || match(key);
}

function volumeBody({ rds, disk, text, tag, attachment }: VolumeRow, label: string): object {
  return {
    volume: label,
    rds,
    type: disk.type,
    sizeBytes: disk.sizeBytes,
    exported: disk.exported,
    nqn: disk.nqn,
    port: disk.port,
    allow: disk.allow,
    comment: Buffer.from(text, 'latin1').toString('utf8'),
    mountFilesystem: disk.mountFilesystem,
    tag:
      tag === null || tag === 'unreadable'
        ? tag
        : { owners: tag.owners, token: tag.token, lineage: tag.lineage },
    node: attachment?.holders[0].node ?? null,
    phase: attachment?.phase ?? null,
  };
}
