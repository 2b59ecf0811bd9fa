import { RdsctlError } from '../errors/rdsctl-error.ts';
import { holderText } from './holder-text.ts';
import type { LockHolder } from './lock.ts';

/** LOCKED: the lock wasn't had in time. */
export function lockedError(name: string, holder: LockHolder | null, waitedMs: number): RdsctlError {
  return new RdsctlError('LOCKED', {
    message:
      holder === null
        ? `${name} is locked by another process that has not said yet who it is`
        : `${name} is locked by ${holderText(holder)}`,
    now:
      waitedMs < 100
        ? 'Nothing was changed.'
        : `Waited ${(waitedMs / 1000).toFixed(1)} s. Nothing was changed.`,
    hints: [
      { when: 'To wait longer, give the command', run: '--lock-timeout 5m' },
      { when: 'To see every lock, and whose holder is dead', run: 'rdsctl state unlock' },
    ],
    details: { lock: name, holder, waitedMs },
  });
}

/** LOST_LOCK. @param holder who holds it now, where known. */
export function lostError(name: string, why: string, holder: LockHolder | null): RdsctlError {
  return new RdsctlError('LOST_LOCK', {
    message: `the lock of ${name} was lost: ${why}${holder === null ? '' : `: ${holderText(holder)}`}`,
    now: 'Nothing more is changed by this command.',
    details: { lock: name, holder },
  });
}
