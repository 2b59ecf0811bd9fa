import type { StateCare } from '../../state/care.ts';
import type { OperationContext } from '../context.ts';
import type { AuditReader } from '../ports/audit-reader.ts';

/** What the care of the state works with: no storage server, no node. */
export interface CareContext extends Pick<
  OperationContext,
  'audit' | 'clock' | 'lockTimeoutMs' | 'locks' | 'reason' | 'report' | 'signal'
> {
  readonly care: StateCare;
  readonly auditReader: AuditReader;
}

/** Locks that are no work on a volume: the state's own, and the audit log's. */
const INNER: ReadonlySet<string> = new Set(['state', 'audit']);

/**
 * Waits for the commands that work on volumes just now, and keeps their locks while the state is replaced: they
 * decide by what they have read of it.
 * @param dryRun nobody is waited for: nothing will be replaced
 * @param work gets the names of the locks that are held
 * @throws RdsctlError LOCKED with who is at work
 */
export async function withoutOthers<T>(
  context: CareContext,
  dryRun: boolean,
  work: (holding: ReadonlySet<string>) => Promise<T>,
): Promise<T> {
  if (dryRun) return work(new Set());
  const names = (await context.care.listLocks())
    .filter(({ name, alive }) => !INNER.has(name) && alive !== false)
    .map(({ name }) => name);
  return context.locks.withLocks(
    names,
    {
      timeoutMs: context.lockTimeoutMs,
      signal: context.signal,
      onWait: (lock, holder) => context.report({ type: 'waiting', lock, holder }),
    },
    (held) => work(new Set(held.keys())),
  );
}
