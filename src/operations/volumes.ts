import type { Attachment } from '../attachment/attachment.ts';
import { volumeKey } from '../attachment/names.ts';
import { parseComment, type Tag } from '../attachment/tag.ts';
import type { RdsctlError } from '../errors/rdsctl-error.ts';
import { noServer } from './resolve.ts';
import type { OperationContext } from './context.ts';
import type { Disk } from './ports/storage-server.ts';
import { survey } from './survey.ts';

export interface VolumeRow {
  readonly key: string;
  readonly rds: string;
  readonly disk: Disk;
  /** The user's own text in the comment. */
  readonly text: string;
  readonly tag: Tag | 'unreadable' | null;
  readonly attachment: Attachment | null;
}

export interface VolumesResult {
  readonly volumes: readonly VolumeRow[];
  /** Storage servers and their versions, or why they could not be asked. */
  readonly servers: readonly {
    readonly rds: string;
    readonly version: string | null;
    readonly error: RdsctlError | null;
  }[];
}

/** What the storage servers hold, beside what the state says of it. Changes nothing. */
export async function volumes(context: OperationContext, only: readonly string[]): Promise<VolumesResult> {
  const configured = Object.keys(context.config.storageServers);
  const unknown = only.find((rds) => !configured.includes(rds));
  if (unknown !== undefined) throw noServer(unknown, configured);
  const names = configured.filter((rds) => only.length === 0 || only.includes(rds));
  const seen = await survey(context, { servers: names, nodes: [] });
  const looked = [...seen.servers].map(([rds, answer]) => ({ rds, ...answer }));
  const { state } = seen;
  return {
    servers: looked.map(({ rds, view, error }) => ({ rds, version: view?.version ?? null, error })),
    volumes: looked.flatMap(({ rds, view }) =>
      (view?.disks ?? []).map((disk) => {
        const key = volumeKey(rds, disk.slot);
        return { key, rds, disk, ...parseComment(disk.comment), attachment: state.attachments[key] ?? null };
      }),
    ),
  };
}
