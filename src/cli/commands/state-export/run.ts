import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { encodeState } from '../../../state/envelope.ts';
import { serialiseBody } from '../../../state/serialise.ts';
import type { Handler } from '../../command.ts';
import { readState } from '../../operating/read-state.ts';
import { run as backup } from '../state-backup/run.ts';
import type { stateExport } from './definition.ts';

/** Writes the state to a file, as a backup there is, or to standard output. */
export const run: Handler<typeof stateExport> = async (command) => {
  const { args, common, out, signal } = command;
  if (args.file !== '-') return backup(command);
  const location = await command.stateLocation();
  const state = await readState(location, signal);
  if (state.serial === 0)
    throw new RdsctlError('STATE_UNREADABLE', {
      message: `there is no state at ${location.kind === 'etcd' ? location.url : location.directory} yet: nothing was ever attached`,
      now: 'Nothing was written.',
    });
  if (common.dryRun) {
    await out.one({
      kind: 'Plan',
      body: () => ({ dryRun: true, commands: [] }),
      text: () => `The state (serial ${state.serial}) would be written to standard output.\n`,
      names: () => [],
    });
    return EXIT_CODES.OK;
  }
  const { bytes } = encodeState(state.lineage, state.serial, serialiseBody(state));
  await out.raw(bytes.toString());
  return EXIT_CODES.OK;
};
