import type { AttachmentManager } from '../attachment/attachment-manager.ts';
import type { Work } from '../attachment/transitions.ts';
import type { VolumeLockManager } from '../attachment/volume-lock-manager.ts';
import type { Config } from '../config/config.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { AuditPort } from './ports/audit.ts';
import type { FenceProofs } from './ports/fence-proofs.ts';
import type { NodePort } from './ports/node.ts';
import type { Report } from './ports/reporter.ts';
import type { StorageServer } from './ports/storage-server.ts';

/** Time as the operations see it; tests drive it. */
export interface Clock {
  now(): Date;
  /** Milliseconds that only grow. */
  monotonic(): number;
  /** @throws the signal's reason when aborted */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** What an operation works with. Adapters are behind ports; operations import none. */
export interface OperationContext {
  readonly config: Config;
  readonly manager: AttachmentManager;
  readonly locks: VolumeLockManager;
  /** The adapter of a configured storage server; one per name and context. */
  readonly server: (name: string) => StorageServer;
  /** The adapter of a configured node; one per name and context. */
  readonly node: (name: string) => NodePort;
  readonly audit: AuditPort;
  readonly proofs: FenceProofs;
  readonly clock: Clock;
  readonly report: Report;
  /** Aborted by a signal or by --timeout, with an RdsctlError as reason. */
  readonly signal: AbortSignal;
  /**
   * Aborted a while after `signal`: so long a step in hand may be finished, or undone. Every remote change and
   * everything that undoes one goes by it, so that neither a hanging host nor a drain outlives --timeout by more.
   */
  readonly grace: AbortSignal;
  readonly by: string;
  readonly pid: number;
  /** Milliseconds to wait for a volume's lock. */
  readonly lockTimeoutMs: number;
  /** Why it is done, for the audit log. */
  readonly reason: string | null;
}

export function workOf(context: OperationContext): Work {
  return { now: context.clock.now().toISOString(), by: context.by, pid: context.pid };
}

/** Throws what the command was interrupted with, if it was: called between steps, never inside one. */
export function checkpoint(context: OperationContext): void {
  if (!context.signal.aborted) return;
  const reason: unknown = context.signal.reason;
  throw reason instanceof RdsctlError
    ? reason
    : new RdsctlError('INTERRUPTED', { message: 'interrupted', cause: reason });
}

/** Runs one step of an operation under its name: told when it begins and how it ended. */
export async function step<T>(
  context: OperationContext,
  id: string,
  title: string,
  work: () => Promise<T>,
  ended?: (result: T) => { result: 'done' | 'unchanged'; note?: string },
): Promise<T> {
  context.report({ type: 'step', id, title });
  try {
    const result = await work();
    context.report({ type: 'step-end', id, ...(ended?.(result) ?? { result: 'done' }) });
    return result;
  } catch (error) {
    context.report({
      type: 'step-end',
      id,
      result: 'failed',
      ...(error instanceof Error ? { note: error.message } : {}),
    });
    throw error;
  }
}
