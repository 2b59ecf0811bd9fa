import type { StateCare } from './care.ts';
import type { LockCare } from './lock-care.ts';
import type { StateStore } from './store.ts';

/**
 * A store across a network, of which looking at it, and waiting for a lock, ends when the signal is aborted. Changes
 * are seen through: their outcome would not be known.
 */
export function interruptibleStore<S extends StateStore & LockCare>(store: S, signal: AbortSignal): S {
  const read = store.read.bind(store);
  const lock = store.lock.bind(store);
  const listLocks = store.listLocks.bind(store);
  const removeDeadLocks = store.removeDeadLocks.bind(store);
  store.read = () => untilAborted(read(), signal);
  store.listLocks = () => untilAborted(listLocks(), signal);
  store.removeDeadLocks = (only) => untilAborted(removeDeadLocks(only), signal);
  store.lock = async (request) => {
    const asked = lock(request);
    try {
      return await untilAborted(asked, signal);
    } catch (error) {
      // Had too late, it is given back.
      asked.then(
        (held) => held.release(),
        () => undefined,
      );
      throw error;
    }
  };
  return store;
}

/** The same of what cares for a state. */
export function interruptibleCare(care: StateCare, signal: AbortSignal): StateCare {
  return {
    ...care,
    inspect: () => untilAborted(care.inspect(), signal),
    copy: (name) => untilAborted(care.copy(name), signal),
    listLocks: () => untilAborted(care.listLocks(), signal),
    removeDeadLocks: (only) => untilAborted(care.removeDeadLocks(only), signal),
  };
}

/** @throws the signal's reason, whatever becomes of what was asked */
async function untilAborted<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([asked, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
