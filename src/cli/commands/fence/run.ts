import type { OperationContext } from '../../../operations/context.ts';
import { beforeFence } from '../../../operations/fence/before.ts';
import { fence as fenceNode } from '../../../operations/fence/fence.ts';
import type { FencedVolume, FenceReport } from '../../../operations/fence/report.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import { formatColumns } from '../../output/columns.ts';
import type { Style } from '../../output/style.ts';
import type { fence } from './definition.ts';
import { fenceQuestions } from './question.ts';

/** Fences a node and reports each volume; ends with the report's failure where something is not proved. */
export const run: Handler<typeof fence> = async (command) => {
  const { args, options, out, common } = command;
  const end: { failure: FenceReport['failure'] } = { failure: null };
  await operate(
    command,
    async ({ context, mayTouch }) => {
      if (!common.dryRun && !common.yes) await agree(command, context);
      return fenceNode(context, { node: args.node, volumes: options.volume }, mayTouch);
    },
    async (report) => {
      end.failure = report.failure;
      await out.one({
        kind: 'FenceReport',
        body: () => fenceBody(report),
        text: (style) => fenceText(report, style),
        names: () => report.volumes.filter(({ verified }) => verified).map(({ slot }) => slot),
      });
    },
  );
  if (end.failure !== null) throw end.failure;
  return EXIT_CODES.OK;
};

/** Asks before it cuts; where nobody can be asked, that is told without a look at the node. */
async function agree(command: Parameters<typeof run>[0], context: OperationContext): Promise<void> {
  const { args, options, io } = command;
  const canAsk = io.stdin.isTTY && io.stderr.isTTY;
  const before = await beforeFence(context, args.node, options.volume, canAsk);
  for (const question of fenceQuestions(before)) await command.confirm(question);
}

function fenceBody(report: FenceReport): object {
  return {
    node: report.node,
    fenced: report.fenced,
    since: report.since,
    verified: report.verified,
    changed: report.changed,
    volumes: report.volumes.map((volume) => ({
      volume: volume.slot,
      rds: volume.rds,
      result: volume.result,
      verified: volume.verified,
      inFlight: volume.inFlight,
      tracked: volume.tracked,
      keptBy: volume.keptBy,
      reason: volume.error?.reason ?? null,
      message: volume.error?.message ?? null,
    })),
    unasked: report.unasked,
    nodeSide: report.nodeSide,
    firewall: report.firewall.map(({ rds, result, addresses, error }) => ({
      rds,
      result,
      addresses,
      reason: error?.reason ?? null,
      message: error?.message ?? null,
    })),
    proofs: report.proofs.map(({ rds, standing, text }) => ({ rds, standing, note: text })),
  };
}

const NODE_SIDE: Readonly<Record<FenceReport['nodeSide'], string>> = {
  clean: 'it answers, and holds no controller of them',
  dropped: 'it answered, and dropped its dead controllers',
  left: 'it answers, but still shows dead controllers',
  unreachable: 'it does not answer',
  interrupted: 'it was not told to drop its dead controllers, the command was interrupted',
};

function fenceText(report: FenceReport, style: Style): string {
  const { node, volumes } = report;
  const count = volumes.filter(({ verified }) => verified).length;
  const head = report.verified
    ? `${style.bold(node)} is fenced: cut off from ${count === 1 ? '1 volume' : `${count} volumes`}, read back and drained; ${NODE_SIDE[report.nodeSide]}\n`
    : `${style.bold(node)} is marked as fenced, but ${style.bad('not proved to be cut off')} from ${unproved(report)}\n`;
  const dropped = report.firewall.filter(({ result }) => result === 'dropped').map(({ rds }) => rds);
  const notes = [
    ...(dropped.length === 0 ? [] : [`the firewall of ${dropped.join(', ')} drops what it sends`]),
    ...report.proofs.filter(({ standing }) => standing === 'proved').map(({ text }) => text),
  ];
  const more = notes.map((note) => `${style.dim(note)}\n`).join('');
  if (volumes.length === 0) return head + more;
  return (
    head +
    more +
    formatColumns<FencedVolume>(
      [
        { title: 'VOLUME', text: ({ slot }) => slot },
        { title: 'RDS', text: ({ rds }) => rds },
        {
          title: 'RESULT',
          text: ({ result }) => result,
          paint: (padded, { verified }) => (verified ? style.good(padded) : style.bad(padded)),
        },
        { title: 'NOTE', text: note },
      ],
      volumes,
      style,
    )
  );
}

function unproved({ volumes, unasked }: FenceReport): string {
  const failed = volumes.filter(({ verified }) => !verified).length;
  const count = `${failed} of ${volumes.length} volumes`;
  return failed === 0 ? `whatever ${unasked.join(', ')} may export to it` : count;
}

function note({ error, keptBy, tracked, result }: FencedVolume): string {
  if (error !== null) return error.message;
  if (keptBy !== null) return `${keptBy} keeps it, and connects again by itself; if not: rdsctl reconcile`;
  if (!tracked) return 'was exported to it without being in the state';
  return result === 'already' ? 'was cut off already' : '';
}
