import { randomBytes } from 'node:crypto';

import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { FirewallView } from '../operations/ports/firewall.ts';
import type {
  ChangeOutcome,
  Disk,
  DiskChange,
  ServerView,
  StorageServer,
} from '../operations/ports/storage-server.ts';
import type { Connection } from '../ssh/connection.ts';
import {
  badAnswer,
  isNotUnderstood,
  isPermissionText,
  notPermitted,
  readAnswer,
  type Answer,
} from './answer.ts';
import { diagnoseServer } from './diagnose.ts';
import { readDisks, readInFlight } from './disk-schema.ts';
import { readFirewall } from './firewall-schema.ts';
import { firewallChangeScript, firewallScript } from './firewall-scripts.ts';
import { changeScript, inFlightScript, lookScript, VERSION_SCRIPT } from './scripts.ts';
import { isSupported, OLDEST_VERSION } from './version.ts';

export interface RouterOsServerOptions {
  readonly name: string;
  readonly nvmeAddress: string;
  /** The login's name. */
  readonly user: string;
  readonly connection: Connection & { open(): void };
  /** Milliseconds that one exec may take. */
  readonly commandTimeoutMs: number;
  /** Whether rdsctl may touch a slot (the configuration's globs). */
  readonly mayTouch: (slot: string) => boolean;
  /** Told of each line before it is sent. */
  readonly onCommand?: (line: string, changes: boolean) => void;
  /** For tests: the nonces. */
  readonly nonce?: () => string;
}

/** Changes in one exec: a line of about 15 kB; how long a line RouterOS takes is not known. */
const MOST_AT_ONCE = 20;

/** A RouterOS storage server over SSH. */
export function routerOsServer(options: RouterOsServerOptions): StorageServer {
  const { name, connection } = options;
  const nonce = options.nonce ?? (() => randomBytes(8).toString('hex'));
  /** RouterOS version as last told; '' before the first look. */
  let version = '';

  async function run(line: string, changes: boolean, signal: AbortSignal | undefined): Promise<string> {
    options.onCommand?.(line, changes);
    const result = await connection.exec(line, {
      timeoutMs: options.commandTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    if (result.exitCode !== null && result.exitCode !== 0) {
      throw new RdsctlError('REMOTE_ERROR', {
        message: `${name} ended the command with exit status ${result.exitCode}: ${firstLine(result.stdout + result.stderr)}`,
        details: { rds: name, exitStatus: result.exitCode, sent: true },
      });
    }
    return result.stdout;
  }

  /** A line that isn't understood may be too new for it: then that is what is said. */
  async function checkVersion(signal: AbortSignal | undefined): Promise<void> {
    const told = (await run(VERSION_SCRIPT, false, signal)).trim();
    if (/^\d+\.\d+/.test(told) && !isSupported(told)) throw unsupported(told);
  }

  function unsupported(told: string): RdsctlError {
    return new RdsctlError('UNSUPPORTED_VERSION', {
      message: `${name} runs RouterOS ${told}; rdsctl needs ${OLDEST_VERSION} or later`,
      now: 'Nothing was changed.',
      details: { rds: name, version: told, needed: OLDEST_VERSION },
    });
  }

  function payloadsOf(answer: Answer): readonly string[] {
    if (answer.ok) return answer.payloads;
    if (isPermissionText(answer.text)) throw notPermitted(name);
    throw new RdsctlError('REMOTE_ERROR', {
      message: `${name} answered: ${answer.text}`,
      details: { rds: name, answer: answer.text },
    });
  }

  function disksOf(json: string): Disk[] {
    try {
      return readDisks(json, version);
    } catch (error) {
      throw badAnswer(name, `the list of disks is not what it should be (${message(error)})`, json);
    }
  }

  return {
    name,
    nvmeAddress: options.nvmeAddress,

    open: () => {
      connection.open();
    },

    async look(slots, { signal } = {}): Promise<ServerView> {
      const mark = nonce();
      const stdout = await run(lookScript(slots, mark), false, signal);
      if (isNotUnderstood(stdout)) await checkVersion(signal);
      const answer = readAnswer(stdout, mark, name);
      const [told = '', json = ''] = payloadsOf(answer);
      if (!/^\d+\.\d+/.test(told)) throw badAnswer(name, 'it did not tell its version', told);
      version = told.trim();
      if (!isSupported(version)) throw unsupported(version);
      const disks = disksOf(json);
      const wanted = slots === 'all' ? disks : disks.filter((disk) => slots.includes(disk.slot));
      return { version, disks: wanted.filter((disk) => options.mayTouch(disk.slot)) };
    },

    async change(changes, { signal } = {}): Promise<readonly ChangeOutcome[]> {
      const outcomes: ChangeOutcome[] = [];
      for (let from = 0; from < changes.length; from += MOST_AT_ONCE) {
        const batch = changes.slice(from, from + MOST_AT_ONCE);
        const mark = nonce();
        try {
          const stdout = await run(changeScript(batch, mark), true, signal);
          for (const [index, change] of batch.entries()) {
            outcomes.push(outcomeOf(change, readAnswer(stdout, `${mark}.${index}`, name)));
          }
        } catch (error) {
          // What comes before it was carried out, and its outcome is not told any more.
          throw outcomes.length > 0 && error instanceof RdsctlError
            ? error.with({ details: { sent: true } })
            : error;
        }
      }
      return outcomes;
    },

    async inFlight(slots, { signal } = {}) {
      const mark = nonce();
      const answer = readAnswer(await run(inFlightScript(slots, mark), false, signal), mark, name);
      const payloads = payloadsOf(answer);
      return new Map(
        slots.map((slot, index) => {
          try {
            return [slot, readInFlight(payloads[index] ?? '')] as const;
          } catch {
            // What it printed is no count: "can't tell" is what the caller must know, and acts on.
            return [slot, null] as const;
          }
        }),
      );
    },

    diagnose: ({ signal } = {}) =>
      diagnoseServer({
        name,
        user: options.user,
        mayTouch: options.mayTouch,
        nonce,
        run: (line) => run(line, false, signal),
      }),

    async lookAtFirewall({ signal } = {}) {
      const mark = nonce();
      return firewallOf(readAnswer(await run(firewallScript(mark), false, signal), mark, name));
    },

    async changeFirewall(change, { signal } = {}) {
      const mark = nonce();
      const stdout = await run(firewallChangeScript(change, mark), true, signal);
      return firewallOf(readAnswer(stdout, `${mark}.end`, name));
    },

    close: () => connection.close(),
  };

  function firewallOf(answer: Answer): FirewallView {
    const payloads = payloadsOf(answer);
    try {
      return readFirewall(payloads);
    } catch (error) {
      throw badAnswer(name, `its firewall is not what it should be (${message(error)})`, payloads.join(''));
    }
  }

  function outcomeOf(change: DiskChange, answer: Answer): ChangeOutcome {
    if (answer.ok) {
      const disk = disksOf(answer.payloads[0] ?? '').find(({ slot }) => slot === change.slot);
      if (disk === undefined) throw badAnswer(name, `the disk ${change.slot} is not in its answer`, '');
      return { slot: change.slot, ok: true, disk };
    }
    if (isPermissionText(answer.text)) throw notPermitted(name);
    const why = /^rdsctl: (no-such-disk|comment-changed|exported|not-exported)\b/.exec(answer.text)?.[1];
    return {
      slot: change.slot,
      ok: false,
      why: (why as 'no-such-disk' | undefined) ?? 'error',
      text: answer.text,
    };
  }
}

function firstLine(text: string): string {
  return (
    text
      .split(/[\r\n]+/)
      .find((line) => line.trim() !== '')
      ?.slice(0, 200) ?? '(no words)'
  );
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
