import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { decodeState } from '../../../state/envelope.ts';
import { causeText } from '../../../state/file/faults.ts';
import type { State } from '../../../state/state.ts';
import type { CommandContext } from '../../command.ts';

/**
 * Reads an exported state.
 * @param file - for standard input
 * @throws RdsctlError BAD_ARGUMENT when it can't be read, STATE_DAMAGED, STATE_NEWER, and the signal's reason
 */
export async function readExport(
  file: string,
  { io, signal }: Pick<CommandContext, 'io' | 'signal'>,
): Promise<{ readonly state: State; readonly from: string }> {
  const from = file === '-' ? 'standard input' : resolve(io.cwd, file);
  try {
    const bytes = file === '-' ? await io.stdin.readAll(signal) : await readFile(from, { signal });
    return { state: decodeState(bytes, from).state, from };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RdsctlError) throw asExport(error, from);
    throw new RdsctlError('BAD_ARGUMENT', {
      message: `the exported state can't be read: ${from}: ${causeText(error)}`,
      now: 'Nothing was changed.',
      details: { path: from },
      cause: error,
    });
  }
}

/** The state that is kept here is not what is damaged or newer. */
function asExport(error: RdsctlError, from: string): RdsctlError {
  return error.with({
    message: error.message.replace('the state file', 'the exported state'),
    hints:
      error.reason === 'STATE_NEWER'
        ? error.hints.slice(0, 1)
        : [{ when: `Where ${from} came from, to write it again:`, run: 'rdsctl state export FILE' }],
  });
}
