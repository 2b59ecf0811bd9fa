import { isReason, RdsctlError } from '../errors/rdsctl-error.ts';
import { abortError } from './abort.ts';
import type { Connect, Connection, ExecOptions, ExecResult, SshTarget } from './connection.ts';
import { connectionLost } from './exec.ts';

/** A connection that is made when it is needed, and made again when it was lost. */
export interface LazyConnection extends Connection {
  /**
   * Resolves when the connection stands.
   *
   * @throws RdsctlError as {@link Connect} does
   */
  opened(): Promise<void>;
}

/**
 * A connection that starts to connect at once, in the background, so that handshakes with several hosts run
 * side by side. A failure to connect is thrown by the execs that wait for it (and by `opened`), with
 * `details.sent` false; a later exec tries anew, as it does after the connection was lost.
 *
 * No command is ever sent twice. A connection that had died unnoticed says `details.sent` false: only then is
 * the same command given to a new connection.
 */
export function lazyConnection(target: SshTarget, connect: Connect): LazyConnection {
  const ending = new AbortController();
  let attempt: Promise<Connection> | null = null;
  let failed: Promise<Connection> | null = null;
  let open: Connection | null = null;
  let closing: Promise<void> | null = null;
  void newest();
  return {
    get peer() {
      return open?.peer ?? peerBefore(target);
    },
    async opened() {
      await newest();
    },
    exec,
    close() {
      closing ??= end();
      return closing;
    },
  };

  /** The connection that stands, is being made, or could not be made and nobody knows yet. */
  function newest(): Promise<Connection> {
    if (attempt !== null) return attempt;
    const made = connect(target, { signal: ending.signal });
    attempt = made;
    made.then(
      (connection) => {
        open = connection;
      },
      () => {
        // not returned: what is derived from here has nobody to catch it
        failed = made;
      },
    );
    return made;
  }

  async function exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const first = await connected(options.signal);
    try {
      return await first.exec(command, options);
    } catch (error) {
      if (isReason(error, 'CONNECTION_LOST', 'NO_ANSWER')) forget(first);
      if (!isReason(error, 'CONNECTION_LOST') || error.details['sent'] !== false || closing !== null)
        throw error;
    }
    const second = await connected(options.signal);
    try {
      return await second.exec(command, options);
    } catch (error) {
      if (isReason(error, 'CONNECTION_LOST', 'NO_ANSWER')) forget(second);
      throw error;
    }
  }

  async function connected(signal: AbortSignal | undefined): Promise<Connection> {
    if (closing !== null) throw connectionLost(target.name, new Error('it was closed'), false);
    const mine = newest();
    try {
      return await orAborted(mine, signal, target.name);
    } catch (error) {
      if (failed === mine && attempt === mine) attempt = null;
      throw error instanceof RdsctlError ? error.with({ details: { sent: false } }) : error;
    }
  }

  function forget(lost: Connection): void {
    if (open !== lost) return;
    open = null;
    attempt = null;
    void lost.close();
  }

  async function end(): Promise<void> {
    ending.abort(connectionLost(target.name, new Error('it was closed'), false));
    const connection = await attempt?.catch(() => null);
    await connection?.close();
  }
}

/** Waits for a connection; an exec that is aborted leaves the attempt to those that come later. */
async function orAborted(
  attempt: Promise<Connection>,
  signal: AbortSignal | undefined,
  name: string,
): Promise<Connection> {
  if (signal === undefined) return attempt;
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(abortError(signal, `connecting to ${name}`, false));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([attempt, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The peer as far as it is known before ssh_config was read. */
function peerBefore(target: SshTarget): string {
  const user = target.user === null ? '' : `${target.user}@`;
  return `${user}${target.host}${target.port === null ? '' : `:${target.port}`}`;
}
