import { isReason, RdsctlError } from '../errors/rdsctl-error.ts';
import type { OperationContext } from './context.ts';
import type { AuditEvent } from './ports/audit.ts';

/** What an operation tells the audit log of itself while it works. */
export interface Trail {
  /** Notes a remote change that was sent. */
  changed(at: string, what: string): void;
  token: number | null;
  node: string | null;
  volume: string | null;
  /** What came of it, in words, where the result alone does not tell. */
  note: string | null;
}

const REFUSALS: ReadonlySet<string> = new Set(['CONFLICT', 'IN_USE', 'BUSY', 'NOT_FOUND', 'USAGE']);

/**
 * Runs an operation and writes what came of it to the audit log: changes, refusals and failures alike.
 * A log that can't be written is said aloud; it does not undo what was done.
 */
export async function audited<T extends { readonly changed: boolean; readonly failure?: RdsctlError | null }>(
  context: Pick<OperationContext, 'audit' | 'clock' | 'reason' | 'report'>,
  event: AuditEvent['event'],
  about: { readonly volume: string | null; readonly node: string | null },
  work: (trail: Trail) => Promise<T>,
): Promise<T> {
  const begun = context.clock.monotonic();
  const changes: { at: string; what: string }[] = [];
  const trail: Trail = {
    changed: (at, what) => changes.push({ at, what }),
    token: null,
    node: about.node,
    volume: about.volume,
    note: null,
  };
  const record = async (end: Pick<AuditEvent, 'result' | 'exitCode' | 'reason' | 'message'>) => {
    try {
      await context.audit.record({
        event,
        ...end,
        volume: trail.volume,
        node: trail.node,
        token: trail.token,
        durationMs: Math.round(context.clock.monotonic() - begun),
        changes,
        operatorReason: context.reason,
      });
    } catch (error) {
      context.report({
        type: 'warning',
        message: `the audit log was not written: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  };
  try {
    const result = await work(trail);
    if (result.failure) await record(failed(result.failure));
    else {
      const did = result.changed ? 'ok' : 'unchanged';
      await record({ result: did, exitCode: 0, reason: null, message: trail.note });
    }
    return result;
  } catch (error) {
    if (!(error instanceof RdsctlError)) {
      await record({ result: 'failed', exitCode: 1, reason: 'INTERNAL', message: String(error) });
      throw error;
    }
    const end = failed(error);
    await record(trail.note === null ? end : { ...end, message: `${trail.note}: ${error.message}` });
    throw trail.token === null && changes.length === 0 ? untouched(error) : error;
  }
}

/**
 * An error from before the intent: whatever was asked by then were only looks, so that an answer that got lost
 * leaves no doubt.
 */
function untouched(error: RdsctlError): RdsctlError {
  const now = 'Nothing was changed.';
  const unheard = isReason(error, 'CONNECTION_LOST', 'NO_ANSWER', 'BAD_ANSWER');
  const said = error.now !== undefined && (!unheard || error.now.startsWith('Nothing was changed'));
  return said ? error : error.with({ now });
}

function failed(error: RdsctlError): Pick<AuditEvent, 'result' | 'exitCode' | 'reason' | 'message'> {
  const interrupted = error.code === 'SIGNAL' || error.code === 'TIMEOUT';
  const result = REFUSALS.has(error.code) ? 'refused' : interrupted ? 'interrupted' : 'failed';
  return { result, exitCode: error.exitCode, reason: error.reason, message: error.message };
}
