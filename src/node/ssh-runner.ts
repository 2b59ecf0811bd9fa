import type { Connection } from '../ssh/connection.ts';
import { quoteForShell } from '../ssh/quote.ts';
import type { ScriptRunner } from './runner.ts';

/**
 * Runs scripts over SSH. The script goes in on standard input, so the login shell of the node (whatever it
 * is) parses nothing but one command with quoted words.
 */
export function sshRunner(connection: Connection & { open(): void }, sudo: boolean): ScriptRunner {
  const commandLine = (args: readonly string[]) =>
    `${sudo ? 'sudo -n ' : ''}/bin/sh -s -- ${quoteForShell([...args])}`;
  return {
    open: () => {
      connection.open();
    },
    run: (script, args, { timeoutMs, signal }) =>
      connection.exec(commandLine(args), {
        stdin: script,
        timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      }),
    commandLine,
    close: () => connection.close(),
  };
}
