import { resolve } from 'node:path';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import type { Handler } from '../../command.ts';
import { openCare } from '../../operating/care.ts';
import { copyBody } from './copy-body.ts';
import type { stateBackup } from './definition.ts';

/** Makes a copy of the state. */
export const run: Handler<typeof stateBackup> = async (command) => {
  const { args, common, io, out } = command;
  const file = args.file === undefined ? null : resolve(io.cwd, args.file);
  const { context, close } = await openCare(command);
  try {
    if (common.dryRun) {
      const { state, fault } = await context.care.inspect();
      if (fault !== null) throw fault;
      await out.one({
        kind: 'Plan',
        body: () => ({ dryRun: true, commands: [] }),
        text: () =>
          `The state${state === null ? ', which was never written,' : ` (serial ${state.serial})`} would be copied to ${file ?? 'the backups beside it'}.\n`,
        names: () => [],
      });
      return EXIT_CODES.OK;
    }
    const copy = await context.care.backup(file, common.yes);
    await out.one({
      kind: 'StateBackup',
      body: () => copyBody(copy),
      text: (style) =>
        `${style.bold(copy.location)}: serial ${copy.state?.serial ?? 0}, ${Object.keys(copy.state?.attachments ?? {}).length} attachments, ${copy.bytes} bytes\n`,
      names: () => [copy.location],
    });
    return EXIT_CODES.OK;
  } finally {
    await close();
  }
};
