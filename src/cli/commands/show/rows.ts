import type { NodeSide, ShowResult } from '../../../operations/show.ts';
import { describeUse } from '../../../operations/seen.ts';
import { formatSize } from '../../output/units.ts';

/** What the views say of one thing: state, storage server, then each node. */
export interface Row {
  readonly label: string;
  readonly cells: readonly string[];
  /** Whether the views differ in it. */
  readonly differs: boolean;
}

/** The views of a volume, thing by thing. Nothing differs where the operation found no difference. */
export function rowsOf(result: ShowResult): readonly Row[] {
  const { attachment, storageServer, nodes, differences } = result;
  const disk = 'seen' in storageServer ? storageServer.seen.disk : null;
  const tag = 'seen' in storageServer ? storageServer.seen.tag : null;
  const known = tag === 'unreadable' ? null : tag;
  const holders = attachment?.holders ?? [];
  const isAttached = attachment?.phase === 'attached';
  const row = (label: string, differs: boolean, ...cells: readonly string[]): Row => ({
    label,
    cells,
    differs: differs && differences.length > 0,
  });
  const ofNodes = (text: (side: NodeSide) => string): string[] => nodes.map(text);
  return [
    row(
      'is',
      (disk !== null && disk.exported !== isAttached) ||
        nodes.some((side) => isSeen(side) && isLive(side) !== isAttached),
      attachment?.phase ?? 'not attached',
      disk === null ? unseen(storageServer) : disk.exported ? 'exported' : 'not exported',
      ...ofNodes(controllersOf),
    ),
    row(
      'who',
      isAttached && disk !== null && sorted(known?.owners ?? []) !== sorted(holders.map(({ node }) => node)),
      holders.map(({ node }) => node).join(', ') || '-',
      tag === null ? '-' : tag === 'unreadable' ? 'unreadable tag' : tag.owners.join(', ') || 'nobody',
      ...ofNodes(({ view }) =>
        'seen' in view ? (view.seen?.uses ?? []).map(describeUse).join('; ') || 'not in use' : '-',
      ),
    ),
    row(
      'token',
      disk !== null && known?.token !== result.token && (isAttached || known !== null),
      String(result.token),
      known === null ? '-' : String(known.token),
      ...ofNodes(() => ''),
    ),
    row(
      'host NQN',
      isAttached &&
        disk !== null &&
        attachment.sharedUntil === null &&
        !holders.some(({ hostNqn }) => hostNqn === disk.allow),
      holders.map(({ hostNqn }) => hostNqn ?? '?').join('\n') || '-',
      disk === null ? '-' : disk.allow === '' ? '(any host)' : disk.allow,
      ...ofNodes(() => ''),
    ),
    row(
      'NQN',
      isAttached && disk !== null && disk.nqn !== attachment.nqn,
      attachment?.nqn ?? '-',
      disk?.nqn ?? '-',
      ...ofNodes(({ view }) => ('seen' in view ? (view.seen?.nqn ?? '-') : '-')),
    ),
    row(
      'size',
      false, // a volume that grew is no difference
      attachment?.sizeBytes == null ? '-' : formatSize(attachment.sizeBytes),
      disk?.sizeBytes == null ? '-' : formatSize(disk.sizeBytes),
      ...ofNodes((side) =>
        devicesOf(side)
          .map(({ sizeBytes }) => formatSize(sizeBytes))
          .join(', '),
      ),
    ),
    row(
      'device',
      isAttached &&
        nodes.some((side) => {
          const holder = holders.find(({ node }) => node === side.node);
          return (
            isSeen(side) &&
            holder?.device != null &&
            !devicesOf(side).some(({ path }) => path === holder.device)
          );
        }),
      holders.map(({ device }) => device ?? '-').join('\n') || '-',
      '',
      ...ofNodes((side) =>
        devicesOf(side)
          .map(({ path }) => path)
          .join(', '),
      ),
    ),
  ];
}

function isSeen({ view }: NodeSide): boolean {
  return 'seen' in view;
}

function isLive({ view }: NodeSide): boolean {
  return 'seen' in view && (view.seen?.controllers ?? []).some(({ state }) => state === 'live');
}

function devicesOf({ view }: NodeSide) {
  return 'seen' in view ? (view.seen?.devices ?? []) : [];
}

function controllersOf({ view }: NodeSide): string {
  if ('error' in view) return `unknown: ${view.error.message}`;
  const controllers = view.seen?.controllers ?? [];
  return controllers.map(({ name, state }) => `${name} ${state}`).join(', ') || 'not connected';
}

function sorted(names: readonly string[]): string {
  return [...names].sort().join(' ');
}

function unseen(storageServer: ShowResult['storageServer']): string {
  return 'error' in storageServer ? `unknown: ${storageServer.error.message}` : '-';
}
