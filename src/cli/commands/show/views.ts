import type { ShowResult } from '../../../operations/show.ts';
import { attachmentBody } from '../../output/attachment-document.ts';

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
