import { isReason } from '../errors/rdsctl-error.ts';
import type { LockCare } from './lock-care.ts';
import type { Lock, LockRequest } from './lock.ts';
import type { StateStore } from './store.ts';

/**
 * A store whose locks outlive their holders for a while, made to wait for nobody who is known to be dead: as soon
 * as a lock isn't free, those of dead processes of this host are removed from before it.
 */
export function withoutDead<S extends StateStore & LockCare>(store: S): S {
  const lock = store.lock.bind(store);
  const clear = (name: string) => store.removeDeadLocks(name);
  store.lock = async (request: LockRequest): Promise<Lock> => {
    const asked: LockRequest = {
      ...request,
      onWait(holder) {
        request.onWait?.(holder);
        // It only saves time: what keeps this from being done shows in the waiting itself.
        clear(request.name).catch(() => undefined);
      },
    };
    try {
      return await lock(asked);
    } catch (error) {
      if (!isReason(error, 'LOCKED') || (await clear(request.name)).length === 0) throw error;
      return lock({ ...request, timeoutMs: 0 });
    }
  };
  return store;
}
