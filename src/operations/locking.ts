import type { LockOptions } from '../attachment/volume-lock-manager.ts';
import type { OperationContext } from './context.ts';

/** How this context waits for a volume's lock. */
export function lockOptions(context: OperationContext): LockOptions {
  return {
    timeoutMs: context.lockTimeoutMs,
    signal: context.signal,
    onWait: (lock, holder) => context.report({ type: 'waiting', lock, holder }),
    onWaited: (lock) => context.report({ type: 'waited', lock }),
  };
}

/** Something that can be connected to beforehand. */
interface Host {
  open(): void;
  close(): Promise<void>;
}

/**
 * The same, for an operation that will talk to these hosts: the handshakes begin while the lock is taken. Should
 * it have to be waited for, they are given up until then, since a storage server has only so many sessions, and
 * the one who holds the lock needs one.
 */
export function lockOptionsConnecting(context: OperationContext, hosts: readonly Host[]): LockOptions {
  const options = lockOptions(context);
  for (const host of hosts) host.open();
  return {
    ...options,
    onWait: (lock, holder) => {
      options.onWait?.(lock, holder);
      for (const host of hosts) void host.close();
    },
  };
}
