import { EXIT_CODES } from '../../errors/exit-codes.ts';
import type { CommandContext } from '../command.ts';
import { compose, type Operating } from './compose.ts';
import { writePlan } from './plan.ts';

/**
 * Runs an operation for a command: makes its world, runs it, writes the result, or with --dry-run the
 * commands it would have sent, and closes every connection.
 */
export async function operate<T>(
  command: CommandContext,
  work: (operating: Operating) => Promise<T>,
  write: (result: T) => Promise<void>,
): Promise<number> {
  const operating = await compose(command);
  try {
    const result = await work(operating);
    if (operating.plan === null) await write(result);
    else await writePlan(command.out, operating.plan);
    return EXIT_CODES.OK;
  } finally {
    await operating.close();
  }
}
