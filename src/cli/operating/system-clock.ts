import { setTimeout as wait } from 'node:timers/promises';

import type { Clock } from '../../operations/context.ts';

/** The clock of this host. */
export function systemClock(now: () => Date): Clock {
  return {
    now,
    monotonic: () => performance.now(),
    async sleep(milliseconds, signal) {
      try {
        await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        throw signal?.aborted === true ? signal.reason : error;
      }
    },
  };
}

/** A clock for a dry run: whoever sleeps wakes at once, and finds the time gone. */
export function hastyClock(now: () => Date): Clock {
  let ahead = 0;
  return {
    now,
    monotonic: () => performance.now() + ahead,
    sleep(milliseconds) {
      ahead += milliseconds;
      return Promise.resolve();
    },
  };
}
