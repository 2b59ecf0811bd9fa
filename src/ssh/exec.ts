import type { ClientChannel } from 'ssh2';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { abortError, inWords } from './abort.ts';
import type { ExecOptions, ExecResult } from './connection.ts';
import type { Link } from './link.ts';
import { systemWords } from './system-error.ts';

/** What an exec is run on. */
interface ExecSite {
  readonly link: Link;
  /** How messages name the host. */
  readonly label: string;
  /** Bytes of standard output and standard error together that are taken. */
  readonly maxOutputBytes: number;
}

/**
 * Runs one command on a connection that runs no other. After an error of any reason but REMOTE_ERROR the
 * connection is gone: what it would say next could belong to the command given up.
 *
 * @throws RdsctlError CONNECTION_LOST, NO_ANSWER, BAD_ANSWER when the output is too large, REMOTE_ERROR when the
 * server opens no channel, or the signal's reason; each with `details.sent`
 */
export function runExec(site: ExecSite, command: string, options: ExecOptions): Promise<ExecResult> {
  const { link, label } = site;
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortError(signal, `waiting to run a command on ${label}`, false));
      return;
    }
    if (link.ended) {
      reject(connectionLost(label, link.cause, false));
      return;
    }
    let settled = false;
    // Until ssh2 says that the channel was never open the command counts as sent.
    let sent = true;
    const timer = setTimeout(() => {
      fail(noAnswer(label, options.timeoutMs));
    }, options.timeoutMs);
    const forgetLink = link.onEnd(() => {
      // ssh2 reports a channel that was never open right after it reports the end of the connection.
      queueMicrotask(() => {
        fail(connectionLost(label, link.cause, sent));
      });
    });
    signal?.addEventListener('abort', onAbort);
    try {
      link.client.exec(command, (error, channel) => {
        if (error === undefined) collect(channel);
        else onRefused(error);
      });
    } catch {
      // ssh2 throws when the socket can't be written to any more.
      sent = false;
      fail(connectionLost(label, link.cause, false));
    }

    function onRefused(error: Error): void {
      // "Unable to exec" stands for a refusal as well as for a channel or connection that broke.
      sent = error.message === 'Unable to exec';
      if (settled || link.ended) return;
      if (sent) {
        fail(connectionLost(label, new Error('it refused the command, or closed the channel'), true));
        return;
      }
      settle(() => {
        reject(
          new RdsctlError('REMOTE_ERROR', {
            message: `${label} opens no channel for a command: ${error.message}`,
            details: { sent: false },
            cause: error,
          }),
        );
      });
    }

    function collect(channel: ClientChannel): void {
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let bytes = 0;
      let exitCode: number | null = null;
      let exitSignal: string | null = null;
      channel.on('error', ignore);
      channel.stderr.on('error', ignore);
      channel.on('data', (chunk: Buffer) => {
        take(stdout, chunk);
      });
      channel.stderr.on('data', (chunk: Buffer) => {
        take(stderr, chunk);
      });
      channel.on('exit', (code: number | null, name?: string) => {
        exitCode = code;
        exitSignal = name ?? null;
      });
      channel.on('close', () => {
        if (channel.stderr.readableEnded) finish();
        else channel.stderr.once('end', finish);
      });
      channel.end(options.stdin === undefined ? undefined : Buffer.from(options.stdin, 'latin1'));

      function take(chunks: Buffer[], chunk: Buffer): void {
        if (settled) return;
        bytes += chunk.length;
        if (bytes > site.maxOutputBytes) fail(tooMuch(label, site.maxOutputBytes));
        else chunks.push(chunk);
      }

      function finish(): void {
        // A connection that breaks closes its channels as if they had ended: half an answer is none.
        if (link.ended) return;
        settle(() => {
          resolve({
            stdout: Buffer.concat(stdout).toString('latin1'),
            stderr: Buffer.concat(stderr).toString('latin1'),
            exitCode,
            signal: exitSignal,
          });
        });
      }
    }

    function onAbort(): void {
      if (signal !== undefined) fail(abortError(signal, `waiting for ${label} to answer`, true));
    }

    function fail(error: RdsctlError): void {
      settle(() => {
        link.destroy();
        reject(error);
      });
    }

    function settle(how: () => void): void {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      forgetLink();
      how();
    }
  });
}

/** The error for a connection that ended before a command's result was whole. */
export function connectionLost(label: string, cause: Error | null, sent: boolean): RdsctlError {
  const why = cause === null ? 'the other side closed it' : systemWords(cause);
  return new RdsctlError('CONNECTION_LOST', {
    message: `the connection to ${label} was lost${sent ? ' before the answer was whole' : ''}: ${why}`,
    now: sent ? 'What was asked may have happened.' : 'The command was not sent.',
    details: { sent },
    cause: cause ?? undefined,
  });
}

function noAnswer(label: string, timeoutMs: number): RdsctlError {
  return new RdsctlError('NO_ANSWER', {
    message: `${label} did not answer within ${inWords(timeoutMs)}`,
    now: 'What was asked may have happened.',
    details: { sent: true, timeoutMs },
  });
}

function tooMuch(label: string, maxOutputBytes: number): RdsctlError {
  return new RdsctlError('BAD_ANSWER', {
    message: `${label} answered with more than ${maxOutputBytes} bytes`,
    now: 'What was asked may have happened.',
    details: { sent: true, maxOutputBytes },
  });
}

/** Errors of a channel are told by the connection that ends with them. */
function ignore(): void {
  // nothing to do
}
