import { nodes as askNodes, type NodeRow } from '../../../operations/nodes.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import type { Style } from '../../output/style.ts';
import { formatTable, sortRows, type TableColumn } from '../../output/table.ts';
import type { nodes } from './definition.ts';

/** Lists the nodes. One that does not answer is part of the answer, not a failure. */
export const run: Handler<typeof nodes> = (command) => {
  const { args, io, options, out } = command;
  return operate(
    command,
    ({ context }) => askNodes(context, args.nodes),
    (asked) => {
      const columns = nodeColumns(out.style);
      const rows = sortRows(columns, asked, options.sort);
      return out.list({
        kind: 'NodeList',
        itemKind: 'Node',
        items: rows,
        item: nodeBody,
        text: (style, wide) =>
          rows.length === 0
            ? 'No nodes are configured.\n'
            : formatTable(columns, rows, { style, wide, choice: options, room: io.stdout.columns }),
        names: () => rows.map(({ node }) => node),
      });
    },
  );
};

function nodeBody(row: NodeRow): object {
  return {
    node: row.node,
    transport: row.transport,
    host: row.host,
    reachable: row.reachable,
    fenced: row.fenced !== null,
    fencedSince: row.fenced?.since ?? null,
    fencedBy: row.fenced?.by ?? null,
    fencedReason: row.fenced?.reason ?? null,
    hostNqn: row.hostNqn,
    hostId: row.view?.hostIdFile ?? null,
    duplicateOf: row.twin,
    nvmeCli: row.view?.nvmeCli ?? null,
    nvmeTcp: row.view?.nvmeTcp ?? null,
    kernel: row.view?.kernel ?? null,
    bootId: row.view?.bootId ?? null,
    volumes: row.volumes.map((key) => key.slice(key.indexOf('/') + 1)),
    reason: row.error?.reason ?? null,
    message: row.error?.message ?? null,
  };
}

function nodeColumns(style: Style): readonly TableColumn<NodeRow>[] {
  return [
    { title: 'NODE', text: ({ node }) => node },
    {
      title: 'STATUS',
      text: status,
      paint: (text, row) => (row.reachable && row.fenced === null ? style.good(text) : style.bad(text)),
    },
    {
      title: 'VOLUMES',
      align: 'right',
      text: ({ volumes }) => String(volumes.length),
      order: ({ volumes }) => volumes.length,
    },
    { title: 'NVME-CLI', text: ({ view, reachable }) => (reachable ? (view?.nvmeCli ?? 'missing') : '-') },
    {
      title: 'HOST-NQN',
      cuts: true,
      text: hostNqn,
      paint: (text, { twin }) => (twin === null ? text : style.bad(text)),
    },
    { title: 'KERNEL', wide: true, text: ({ view }) => view?.kernel ?? '-' },
    { title: 'HOST', wide: true, text: ({ host, transport }) => host ?? transport },
    { title: 'NOTE', wide: true, text: ({ error }) => error?.message ?? '' },
  ];
}

function status({ reachable, fenced, view }: NodeRow): string {
  const answers = !reachable ? 'unreachable' : view?.nvmeTcp === false ? 'no nvme-tcp' : 'ready';
  return fenced === null ? answers : `fenced, ${answers}`;
}

function hostNqn({ hostNqn: nqn, twin }: NodeRow): string {
  if (nqn === null) return 'missing';
  return twin === null ? nqn : `${nqn} (the same as ${twin}!)`;
}
