import type { ShowResult } from '../../../operations/show.ts';
import { describeUse } from '../../../operations/seen.ts';
import { attachmentBody } from '../../output/attachment-document.ts';
import type { Style } from '../../output/style.ts';
import { formatSize } from '../../output/units.ts';

/** The document: the attachment's fields, then the three views and where they differ. */
export function showBody(result: ShowResult): object {
  const { volume, attachment, storageServer, nodes, differences } = result;
  const base =
    attachment === null
      ? { volume: volume.slot, rds: volume.rds, node: null, nodes: [], phase: null }
      : attachmentBody(attachment);
  return {
    ...base,
    intent: attachment?.intent ?? null,
    sharedUntil: attachment?.sharedUntil ?? null,
    views: {
      state: {
        attached: attachment !== null,
        phase: attachment?.phase ?? null,
        token: result.token,
        lineage: result.lineage,
      },
      storageServer:
        'error' in storageServer
          ? { reason: storageServer.error.reason, message: storageServer.error.message }
          : {
              exported: storageServer.seen.disk.exported,
              allow: storageServer.seen.disk.allow,
              nqn: storageServer.seen.disk.nqn,
              port: storageServer.seen.disk.port,
              sizeBytes: storageServer.seen.disk.sizeBytes,
              mountFilesystem: storageServer.seen.disk.mountFilesystem,
              tag: storageServer.seen.tag,
            },
      nodes: nodes.map(({ node, view }) =>
        'error' in view
          ? { node, reason: view.error.reason, message: view.error.message }
          : {
              node,
              controllers: view.seen?.controllers ?? [],
              devices: view.seen?.devices ?? [],
              uses: view.seen?.uses ?? [],
              deadMounts: view.seen?.deadMounts ?? [],
            },
      ),
    },
    differences,
  };
}

/** The views side by side, then where they differ. Loads the table package: only for a person. */
export async function showTable(result: ShowResult, style: Style): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const { attachment, storageServer, nodes, differences } = result;
  const disk = 'seen' in storageServer ? storageServer.seen.disk : null;
  const tag = 'seen' in storageServer ? storageServer.seen.tag : null;
  const rows: string[][] = [
    ['', 'STATE', `STORAGE SERVER ${result.volume.rds}`, ...nodes.map(({ node }) => `NODE ${node}`)],
    [
      'is',
      attachment?.phase ?? 'not attached',
      disk === null ? unseen(storageServer) : disk.exported ? 'exported' : 'not exported',
      ...nodes.map(({ view }) =>
        'error' in view
          ? `unknown: ${view.error.message}`
          : view.seen === null || view.seen.controllers.length === 0
            ? 'not connected'
            : view.seen.controllers.map(({ name, state }) => `${name} ${state}`).join(', '),
      ),
    ],
    [
      'who',
      attachment?.holders.map(({ node }) => node).join(', ') ?? '-',
      tag === null ? '-' : tag === 'unreadable' ? 'unreadable tag' : tag.owners.join(', ') || 'nobody',
      ...nodes.map(({ view }) =>
        'seen' in view ? (view.seen?.uses ?? []).map(describeUse).join('; ') || 'not in use' : '-',
      ),
    ],
    [
      'token',
      String(result.token),
      tag === null || tag === 'unreadable' ? '-' : String(tag.token),
      ...nodes.map(() => ''),
    ],
    [
      'host NQN',
      attachment?.holders.map(({ hostNqn }) => hostNqn ?? '?').join('\n') ?? '-',
      disk === null ? '-' : disk.allow === '' ? '(any host)' : disk.allow,
      ...nodes.map(() => ''),
    ],
    [
      'NQN',
      attachment?.nqn ?? '-',
      disk?.nqn ?? '-',
      ...nodes.map(({ view }) => ('seen' in view ? (view.seen?.nqn ?? '-') : '-')),
    ],
    [
      'size',
      attachment?.sizeBytes == null ? '-' : formatSize(attachment.sizeBytes),
      disk?.sizeBytes == null ? '-' : formatSize(disk.sizeBytes),
      ...nodes.map(({ view }) =>
        'seen' in view
          ? (view.seen?.devices ?? []).map(({ sizeBytes }) => formatSize(sizeBytes)).join(', ') || '-'
          : '-',
      ),
    ],
    [
      'device',
      attachment?.holders.map(({ device }) => device ?? '-').join('\n') ?? '-',
      '',
      ...nodes.map(({ view }) =>
        'seen' in view ? (view.seen?.devices ?? []).map(({ path }) => path).join(', ') || '-' : '-',
      ),
    ],
  ];
  const table = new Table({ style: { head: [], border: [] }, wordWrap: true });
  table.push(...rows);
  const end =
    differences.length === 0
      ? style.good('The views agree.')
      : differences.map((difference) => `${style.bad('differs:')} ${difference}`).join('\n');
  return `${style.bold(result.volume.slot)}\n${table.toString()}\n${end}\n`;
}

function unseen(storageServer: ShowResult['storageServer']): string {
  return 'error' in storageServer ? `unknown: ${storageServer.error.message}` : '-';
}
