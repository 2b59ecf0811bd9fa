import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import { attachmentBody } from '../../output/attachment-document.ts';
import { formatTable, sortRows } from '../../output/table.ts';
import { listAttachments } from '../../operating/read-state.ts';
import type { list } from './definition.ts';
import { makeSelection } from './selection.ts';
import { attachmentColumns } from './table.ts';

/** Lists the attachments of the state, once or until a signal comes. */
export const run: Handler<typeof list> = async (command) => {
  const { options, stateLocation, out, common, io, now, signal } = command;
  if (options.watch) {
    const { watchList } = await import('./watch.ts');
    return watchList(command, await stateLocation());
  }
  if (options.interval !== undefined) {
    throw new RdsctlError('BAD_ARGUMENT', { message: '--interval means nothing without --watch' });
  }
  const attachments = await listAttachments(await stateLocation(), signal);
  const select = await makeSelection(options);
  const { all, shown: selected, label } = select(attachments);
  const columns = attachmentColumns(selected, { label, now: now(), style: out.style });
  const shown = sortRows(columns, selected, options.sort);
  const forPeople = common.output === 'table' || common.output === 'wide';
  if (shown.length === 0 && forPeople) {
    if (!common.quiet) await io.stderr.write(all === 0 ? 'No attachments.\n' : 'No attachment matches.\n');
    return EXIT_CODES.OK;
  }
  await out.list({
    kind: 'AttachmentList',
    itemKind: 'Attachment',
    items: shown,
    item: (one) => attachmentBody(one, { label: label(one) }),
    text: (style, wide) =>
      formatTable(columns, shown, { wide, style, choice: options, room: io.stdout.columns }),
    names: () => shown.map(label),
  });
  return EXIT_CODES.OK;
};
