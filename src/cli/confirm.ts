import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { CommandContext, Confirmation } from './command.ts';
import type { CliIo } from './io/cli-io.ts';

interface ConfirmOptions {
  readonly yes: boolean;
  readonly io: CliIo;
  readonly signal: AbortSignal;
}

/** Makes the function that asks before something that can hurt. */
export function confirmer({ yes, io, signal }: ConfirmOptions): CommandContext['confirm'] {
  return async (confirmation) => {
    if (yes) return;
    if (!io.stdin.isTTY || !io.stderr.isTTY) throw needsConfirmation(confirmation);
    signal.throwIfAborted();
    const { about, question, expect } = confirmation;
    const wanted = expect === undefined ? '[y/N]' : `Type ${expect} to go on:`;
    await io.stderr.write(`${about.trimEnd()}\n${question} ${wanted} `);
    const answer = (await answerOf(io, signal)).trim();
    const agreed = expect === undefined ? /^y(es)?$/i.test(answer) : answer === expect;
    if (!agreed) {
      throw new RdsctlError('DECLINED', { message: `${question} Answered no`, now: 'Nothing was changed.' });
    }
  };
}

/** What is typed; nothing at the end of input. What is written next begins a line of its own in any case. */
async function answerOf({ stdin, stderr }: CliIo, signal: AbortSignal): Promise<string> {
  let line: string | null = null;
  try {
    line = await stdin.readLine(signal);
  } catch (error) {
    throw error instanceof RdsctlError ? error.with({ now: 'Nothing was changed.' }) : error;
  } finally {
    if (line === null) await stderr.write('\n');
  }
  return line ?? '';
}

function needsConfirmation({ about, question }: Confirmation): RdsctlError {
  return new RdsctlError('NEEDS_CONFIRMATION', {
    message: `${question} There is no terminal to ask on\n${about.trimEnd()}`,
    now: 'Nothing was changed.',
    hints: [{ when: 'To agree beforehand, add:', run: '--yes' }],
  });
}
