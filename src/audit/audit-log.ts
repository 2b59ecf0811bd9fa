import { together } from '../batching/together.ts';
import { causeText } from '../state/file/faults.ts';
import { acquireFileLock } from '../state/file/file-lock.ts';
import type { HolderFacts } from '../state/lock.ts';
import { locksPath } from '../state/file/paths.ts';
import { isReason, RdsctlError } from '../errors/rdsctl-error.ts';
import { appendEntries } from './append.ts';
import type { AuditEntry, AuditFacts } from './entry.ts';
import { parseEntry } from './entry-schema.ts';
import { logPath, readLogFiles } from './log-files.ts';
import { readNewestFirst } from './read-newest.ts';
import { verifyLog, type AuditVerdict } from './verify.ts';
import { whoText } from './who.ts';

export interface AuditLogOptions {
  /** The state directory; the locks are shared with the state store in it. */
  readonly directory: string;
  /** The size in bytes that makes a file of the log be put aside; default 10 MB. */
  readonly maxBytes?: number;
  /** How many files that were put aside to keep, 1 at least; default 5. */
  readonly keep?: number;
  /** Milliseconds to wait for other writers; default 10,000. */
  readonly lockTimeoutMs?: number;
}

/** Which entries are wanted; what isn't given doesn't matter. */
export interface AuditFilter {
  readonly volume?: string;
  readonly node?: string;
  readonly event?: string;
  readonly result?: AuditEntry['result'];
  /** Not older than this. */
  readonly since?: Date;
  /** Older than this. */
  readonly until?: Date;
}

export interface AuditLog {
  /** Adds an entry; on return it survives a power loss. @throws RdsctlError AUDIT_FAILED. */
  append(facts: AuditFacts): Promise<AuditEntry>;
  /** The entries, the newest first; reads no more than is asked for. Takes no lock. @throws RdsctlError AUDIT_FAILED. */
  readNewestFirst(): AsyncIterable<AuditEntry>;
  /** The entries, oldest first. Takes no lock. @throws RdsctlError AUDIT_FAILED. */
  read(filter?: AuditFilter): AsyncIterable<AuditEntry>;
  /**
   * Whether the log is as it was written.
   * @param onEntry told every entry in passing
   * @throws RdsctlError AUDIT_FAILED.
   */
  verify(onEntry?: (entry: AuditEntry) => void): Promise<AuditVerdict>;
}

const MAX_BYTES = 10 * 1024 * 1024;
const KEEP = 5;
const LOCK_TIMEOUT_MS = 10_000;
const STALE_MS = 30_000;

/** Opens the audit log in the state directory, `audit.jsonl`; it is made with the first entry. */
export function openAuditLog(options: AuditLogOptions): AuditLog {
  const { directory, lockTimeoutMs = LOCK_TIMEOUT_MS, maxBytes = MAX_BYTES } = options;
  const keep = Math.max(1, options.keep ?? KEEP);

  const append = async (facts: readonly AuditFacts[]): Promise<AuditEntry[]> => {
    const [first] = facts;
    if (first === undefined) return [];
    const { who, host, pid, command } = first;
    const holder = (): HolderFacts => ({ who: whoText(who), host, pid, command });
    try {
      const lock = await acquireFileLock(
        { directory: locksPath(directory), holder, staleMs: STALE_MS },
        { name: 'audit', timeoutMs: lockTimeoutMs },
      );
      try {
        return await appendEntries(directory, facts, { maxBytes, keep });
      } finally {
        await lock.release();
      }
    } catch (error) {
      throw failed(directory, 'written', error);
    }
  };
  // Those that come while others are being written wait for them, and are then written as one.
  const inTurn = together<AuditFacts, AuditEntry>(append, 'all');

  return {
    append: (facts) => inTurn(facts, undefined),
    readNewestFirst: () => readBackwards(directory, keep),
    read: (filter = {}) => readEntries(directory, keep, filter),
    verify: async (onEntry) => {
      try {
        return await verifyLog(directory, keep, onEntry);
      } catch (error) {
        throw failed(directory, 'read', error);
      }
    },
  };
}

async function* readBackwards(directory: string, keep: number): AsyncGenerator<AuditEntry> {
  try {
    yield* readNewestFirst(directory, keep);
  } catch (error) {
    throw failed(directory, 'read', error);
  }
}

async function* readEntries(
  directory: string,
  keep: number,
  filter: AuditFilter,
): AsyncGenerator<AuditEntry> {
  try {
    for await (const file of readLogFiles(directory, keep)) {
      for (const line of file.lines) {
        const entry = parseEntry(line);
        if (entry !== null && matches(entry, filter)) yield entry;
      }
    }
  } catch (error) {
    throw failed(directory, 'read', error);
  }
}

function matches(entry: AuditEntry, { volume, node, event, result, since, until }: AuditFilter): boolean {
  const time = Date.parse(entry.time);
  return (
    (volume === undefined || entry.volume === volume) &&
    (node === undefined || entry.node === node) &&
    (event === undefined || entry.event === event) &&
    (result === undefined || entry.result === result) &&
    (since === undefined || time >= since.getTime()) &&
    (until === undefined || time < until.getTime())
  );
}

function failed(directory: string, what: 'written' | 'read', cause: unknown): RdsctlError {
  if (isReason(cause, 'AUDIT_FAILED')) return cause;
  return new RdsctlError('AUDIT_FAILED', {
    message: `the audit log ${logPath(directory)} can't be ${what}: ${causeText(cause)}`,
    details: { path: logPath(directory) },
    cause,
  });
}
