import { drainNode, type DrainedVolume, type DrainResult } from '../../../operations/drain-node.ts';
import { describeUse } from '../../../operations/seen.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import type { Handler } from '../../command.ts';
import { detachedBody } from '../../operating/detached.ts';
import { operate } from '../../operating/operate.ts';
import { attachmentBody } from '../../output/attachment-document.ts';
import { formatColumns } from '../../output/columns.ts';
import { sortNaturally } from '../../output/natural-order.ts';
import type { Style } from '../../output/style.ts';
import type { drain } from './definition.ts';

/** Drains a node and reports each volume; ends with the failure where any stayed. */
export const run: Handler<typeof drain> = async (command) => {
  const { args, out } = command;
  const end: { failure: DrainResult['failure'] } = { failure: null };
  await operate(
    command,
    async ({ context, mayTouch }) => {
      const result = await drainNode(context, { node: args.node }, mayTouch);
      end.failure = result.failure;
      return result;
    },
    async (result) => {
      const volumes = sortNaturally(result.volumes, ({ attachment }) => attachment.volume);
      await out.list({
        kind: 'AttachmentList',
        itemKind: 'Attachment',
        items: volumes,
        extra: {
          drained: result.node,
          complete: result.failure === null,
          changed: result.changed,
          untracked: result.untracked.map(({ nqn, rds, devices, uses }) => ({
            nqn,
            rds,
            devices: devices.map(({ path }) => path),
            uses,
          })),
        },
        item: drainedBody,
        text: (style) => drainedText(result, volumes, style),
        names: () =>
          volumes.filter((volume) => volume.result === 'detached').map(({ attachment }) => attachment.slot),
      });
    },
  );
  if (end.failure !== null) throw end.failure;
  return EXIT_CODES.OK;
};

function drainedBody({ attachment, result, detached, uses, error }: DrainedVolume): object {
  return {
    ...(detached === null ? attachmentBody(attachment) : detachedBody(detached)),
    result,
    uses,
    code: error?.code ?? null,
    exitCode: error?.exitCode ?? EXIT_CODES.OK,
    reason: error?.reason ?? null,
    message: error?.message ?? null,
  };
}

function drainedText(
  { node, untracked, failure }: DrainResult,
  volumes: readonly DrainedVolume[],
  style: Style,
): string {
  if (volumes.length === 0 && untracked.length === 0) {
    return `${style.bold(node)} has no volume attached ${style.dim('(nothing changed)')}\n`;
  }
  const stayed = volumes.filter(({ result }) => result === 'stayed').length;
  const gone = count(volumes.length - stayed);
  const head =
    failure === null
      ? `${style.bold(node)} is drained: ${gone} detached\n`
      : `${style.bold(node)} is ${style.bad('not drained')}: ${gone} detached, ${count(stayed)} stayed\n`;
  const table =
    volumes.length === 0
      ? ''
      : formatColumns<DrainedVolume>(
          [
            { title: 'VOLUME', text: ({ attachment }) => attachment.slot },
            { title: 'RDS', text: ({ attachment }) => attachment.rds },
            {
              title: 'RESULT',
              text: ({ result }) => result,
              paint: (padded, { result }) => (result === 'stayed' ? style.bad(padded) : style.good(padded)),
            },
            { title: 'NOTE', text: note },
          ],
          volumes,
          style,
        );
  const strange = untracked.map(
    ({ nqn, rds, uses }) =>
      `${style.caution('left:')} ${nqn} at ${rds}, which the state does not know${uses.length === 0 ? '' : `: ${uses.map(describeUse).join('; ')}`}\n`,
  );
  return head + table + strange.join('');
}

function note({ attachment, result, detached, error }: DrainedVolume): string {
  if (error !== null) return error.message;
  const kept = detached?.after?.holders.map(({ node }) => node) ?? [];
  if (kept.length > 0) return `${kept.join(' and ')} keeps it`;
  return result === 'gone' ? 'another command was first' : (attachment.holders[0].device ?? '');
}

function count(volumes: number): string {
  return volumes === 1 ? '1 volume' : `${volumes} volumes`;
}
