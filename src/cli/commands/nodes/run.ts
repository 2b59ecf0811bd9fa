import { nodes as askNodes, type NodeRow } from '../../../operations/nodes.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import { formatColumns, type Column } from '../../output/columns.ts';
import type { Style } from '../../output/style.ts';
import type { nodes } from './definition.ts';

/** Lists the nodes. One that does not answer is part of the answer, not a failure. */
export const run: Handler<typeof nodes> = (command) => {
  const { args, out } = command;
  return operate(
    command,
    ({ context }) => askNodes(context, args.nodes),
    (rows) =>
      out.list({
        kind: 'NodeList',
        itemKind: 'Node',
        items: rows,
        item: nodeBody,
        text: (style, wide) => nodeTable(rows, style, wide),
        names: () => rows.map(({ node }) => node),
      }),
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

function nodeTable(rows: readonly NodeRow[], style: Style, wide: boolean): string {
  if (rows.length === 0) return 'No nodes are configured.\n';
  const columns: Column<NodeRow>[] = [
    { title: 'NODE', text: ({ node }) => node },
    {
      title: 'STATUS',
      text: status,
      paint: (text, row) => (row.reachable && row.fenced === null ? style.good(text) : style.bad(text)),
    },
    { title: 'VOLUMES', align: 'right', text: ({ volumes }) => String(volumes.length) },
    { title: 'NVME-CLI', text: ({ view, reachable }) => (reachable ? (view?.nvmeCli ?? 'missing') : '-') },
    { title: 'HOST-NQN', text: hostNqn, paint: (text, { twin }) => (twin === null ? text : style.bad(text)) },
  ];
  if (wide) {
    columns.push(
      { title: 'KERNEL', text: ({ view }) => view?.kernel ?? '-' },
      { title: 'HOST', text: ({ host, transport }) => host ?? transport },
      { title: 'NOTE', text: ({ error }) => error?.message ?? '' },
    );
  }
  return formatColumns(columns, rows, style);
}

function status({ reachable, fenced, view }: NodeRow): string {
  const answers = !reachable ? 'unreachable' : view?.nvmeTcp === false ? 'no nvme-tcp' : 'ready';
  return fenced === null ? answers : `fenced, ${answers}`;
}

function hostNqn({ hostNqn: nqn, twin }: NodeRow): string {
  if (nqn === null) return 'missing';
  return twin === null ? nqn : `${nqn} (the same as ${twin}!)`;
}
