import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { CommandContext } from '../../command.ts';

/** Asks the operator, on stderr. */
export interface Ask {
  say(text: string): Promise<void>;
  /** @returns what was typed, or the fallback for an empty line. @throws RdsctlError DECLINED at the end of input */
  line(question: string, fallback?: string): Promise<string>;
  /** No is the answer to an empty line. */
  agrees(question: string): Promise<boolean>;
}

/** Asks on the command's terminal; null where there is none. */
export function asker({ io, signal }: Pick<CommandContext, 'io' | 'signal'>): Ask | null {
  if (!io.stdin.isTTY || !io.stderr.isTTY) return null;
  const read = async (prompt: string): Promise<string> => {
    await io.stderr.write(prompt);
    let line: string | null = null;
    try {
      signal.throwIfAborted();
      line = await io.stdin.readLine(signal);
    } finally {
      if (line === null) await io.stderr.write('\n');
    }
    if (line === null) {
      throw new RdsctlError('DECLINED', {
        message: 'the questions were not answered',
        now: 'Nothing was written.',
      });
    }
    return line.trim();
  };
  return {
    say: (text) => io.stderr.write(`${text}\n`),
    async line(question, fallback = '') {
      const answer = await read(`${question}${fallback === '' ? '' : ` [${fallback}]`}: `);
      return answer === '' ? fallback : answer;
    },
    agrees: async (question) => /^y(es)?$/i.test(await read(`${question} [y/N] `)),
  };
}
