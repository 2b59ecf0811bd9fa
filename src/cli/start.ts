import { EXIT_CODES } from '../errors/exit-codes.ts';
import { armExit, leave } from './exit.ts';
import { processIo } from './io/process-io.ts';
import { runCli } from './run-cli.ts';

/** Runs the command line of this process and ends the process with its exit code. */
export async function start(argv: readonly string[]): Promise<never> {
  armExit();
  const io = await processIo(leave);
  try {
    return leave(await runCli(argv, io));
  } catch (error) {
    await io.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return leave(EXIT_CODES.FAILED);
  }
}
