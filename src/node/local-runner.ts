import { spawn } from 'node:child_process';

import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { ExecResult } from '../ssh/connection.ts';
import { quoteForShell } from '../ssh/quote.ts';
import type { ScriptRunner } from './runner.ts';

/** Runs scripts on this host, for a node that rdsctl runs on itself. */
export function localRunner(node: string, sudo: boolean): ScriptRunner {
  const words = (args: readonly string[]) => [
    ...(sudo ? ['sudo', '-n'] : []),
    '/bin/sh',
    '-s',
    '--',
    ...args,
  ];
  return {
    open: () => undefined,
    run: (script, args, { timeoutMs, signal }) => runHere(node, words(args), script, timeoutMs, signal),
    commandLine: (args) => quoteForShell(words(args)),
    close: () => Promise.resolve(),
  };
}

function runHere(
  node: string,
  words: readonly string[],
  script: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<ExecResult> {
  const [command = '', ...args] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('latin1').on('data', (chunk: string) => (stderr += chunk));
    child.stdin.on('error', () => undefined); // the script may end before it has read everything
    child.stdin.end(script, 'latin1');
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      reject(
        new RdsctlError('NO_ANSWER', {
          message: `${node} (this host) did not finish within ${timeoutMs / 1000} s`,
          details: { node, sent: true },
        }),
      );
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      if (signal?.aborted === true) {
        reject(signal.reason instanceof Error ? signal.reason : error);
        return;
      }
      reject(
        new RdsctlError('CONNECT_FAILED', {
          message: `${node} (this host) can not run ${command}: ${error.message}`,
          details: { node, sent: false },
          cause: error,
        }),
      );
    });
    child.once('close', (exitCode, killedBy) => {
      clearTimeout(timer);
      resolve({ stdout, stderr, exitCode, signal: killedBy });
    });
  });
}
