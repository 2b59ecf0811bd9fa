import type { LockOptions } from '../attachment/volume-lock-manager.ts';
import type { OperationContext } from './context.ts';

/** How this context waits for a volume's lock. */
export function lockOptions(context: OperationContext): LockOptions {
  return {
    timeoutMs: context.lockTimeoutMs,
    signal: context.signal,
    onWait: (lock, holder) => context.report({ type: 'waiting', lock, holder }),
  };
}
