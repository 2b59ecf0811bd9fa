import type { Attachment } from '../../../attachment/attachment.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { EMPTY_STATE, readStateFile } from '../../../state/file/read.ts';
import type { StateLocation } from '../../../config/state-location.ts';
import type { State } from '../../../state/state.ts';
import type { Handler } from '../../command.ts';
import { ambiguousSlots, attachmentBody } from '../../output/attachment-document.ts';
import { sortNaturally } from '../../output/natural-order.ts';
import { attachmentTable } from './table.ts';
import type { list } from './definition.ts';

/** Lists the attachments of the state. */
export const run: Handler<typeof list> = async ({ options, stateLocation, out, common, io, now }) => {
  const { attachments } = readState(await stateLocation());
  const all = Object.values(attachments);
  const ambiguous = ambiguousSlots(all);
  const label = ({ volume, slot }: Attachment): string => (ambiguous.has(slot) ? volume : slot);
  const matches = await volumeFilter(options.volume);
  const wanted = all.filter(
    (one) =>
      has(options.rds, one.rds) &&
      has(options.phase, one.phase) &&
      (options.node.length === 0 || one.holders.some(({ node }) => options.node.includes(node))) &&
      matches(one),
  );
  const shown = sortNaturally(wanted, ({ volume }) => volume);
  const forPeople = common.output === 'table' || common.output === 'wide';
  if (shown.length === 0 && forPeople) {
    if (!common.quiet)
      await io.stderr.write(all.length === 0 ? 'No attachments.\n' : 'No attachment matches.\n');
    return EXIT_CODES.OK;
  }
  await out.list({
    kind: 'AttachmentList',
    itemKind: 'Attachment',
    items: shown,
    item: (one) => attachmentBody(one, { label: label(one) }),
    text: (style, wide) => attachmentTable(shown, { label, now: now(), wide, style }),
    names: () => shown.map(label),
  });
  return EXIT_CODES.OK;
};

function has(wanted: readonly string[], value: string): boolean {
  return wanted.length === 0 || wanted.includes(value);
}

async function volumeFilter(globs: readonly string[]): Promise<(one: Attachment) => boolean> {
  if (globs.length === 0) return () => true;
  const { default: picomatch } = await import('picomatch');
  const match = picomatch([...globs]);
  return ({ slot, volume }) => match(slot) || match(volume);
}

function readState(location: StateLocation): State {
  if (location.kind === 'url') {
    throw new RdsctlError('BAD_ARGUMENT', {
      message: `the state can be read from a directory only, not from ${location.url}`,
      details: { url: location.url },
    });
  }
  return readStateFile(location.directory)?.state ?? EMPTY_STATE;
}
