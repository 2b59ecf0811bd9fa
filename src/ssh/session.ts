import type { Connection, ExecOptions, ExecResult } from './connection.ts';
import { connectionLost, runExec } from './exec.ts';
import { abortError } from './abort.ts';
import type { Link } from './link.ts';

/** Milliseconds that a goodbye may take. */
const CLOSE_GRACE_MS = 500;

/**
 * A {@link Connection} over an open link: execs run one after the other.
 *
 * @param label how messages name the host
 */
export function openSession(link: Link, peer: string, label: string, maxOutputBytes: number): Connection {
  const site = { link, label, maxOutputBytes };
  let last: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | null = null;
  return { peer, exec, close };

  async function exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const before = last;
    const mine = turn(before, options.signal).then(() => runExec(site, command, options));
    // The next one waits for whoever is before this one too, also when this one was given up in the queue. It must not
    // keep what all of them answered.
    last = Promise.allSettled([before, mine]).then(() => undefined);
    return mine;
  }

  /** Waits until the execs before are through. */
  async function turn(before: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
    if (closing !== null) throw connectionLost(label, new Error('it was closed'), false);
    if (signal === undefined) {
      await before;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        reject(abortError(signal, `waiting to run a command on ${label}`, false));
      };
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      void before.then(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  function close(): Promise<void> {
    closing ??= link.close(CLOSE_GRACE_MS);
    return closing;
  }
}
