import type { LockOptions } from 'proper-lockfile';
import { systemCode } from './faults.ts';
import { linkFileSystem } from './lock-link.ts';

/** A link of ours whose time stamp is kept fresh, so that other hosts see that we live. */
export interface Heartbeat {
  /** Why the lock is known to be lost; null while it isn't. */
  readonly lost: string | null;
  /** Ends the beating and removes the link if it is still ours. */
  stop(): Promise<void>;
}

/**
 * Makes the link and keeps it fresh three times within `staleMs`. The timer doesn't keep the process alive.
 * On an exit of the process the link is removed.
 * @returns null when there is a link already.
 */
export async function heartbeat(
  linkPath: string,
  text: string,
  asidePath: string,
  staleMs: number,
): Promise<Heartbeat | null> {
  const { default: lockfile } = await import('proper-lockfile');
  const options: LockOptions = {
    realpath: false,
    lockfilePath: linkPath,
    stale: staleMs,
    update: staleMs / 3,
    retries: 0,
    fs: linkFileSystem(text, asidePath),
    onCompromised: (error) => {
      lost = `it could not be kept fresh: ${error.message}`;
    },
  };
  let lost: string | null = null;
  let release: () => Promise<void>;
  try {
    release = await lockfile.lock(linkPath, options);
  } catch (error) {
    if (['ELOCKED', 'EEXIST'].includes(systemCode(error))) return null;
    throw error;
  }
  return {
    get lost() {
      return lost;
    },
    stop: async () => {
      // It throws when the lock was lost; then there is nothing to remove, or it isn't ours.
      if (lost === null) await release().catch(() => undefined);
    },
  };
}
