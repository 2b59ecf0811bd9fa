import { EXIT_CODES } from '../../errors/exit-codes.ts';
import { armExit, leave } from '../exit.ts';
import { processIo } from '../io/process-io.ts';
import { runAgent } from './agent.ts';

/** Runs this process as a fence agent and ends it with the exit code of the Fence Agent API. */
export async function startAgent(argv: readonly string[]): Promise<never> {
  armExit();
  const io = await processIo(leave);
  try {
    return leave(await runAgent(argv, io));
  } catch (error) {
    await io.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return leave(EXIT_CODES.FAILED);
  }
}
