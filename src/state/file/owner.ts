import { lchownSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Gives what root has just made to the owner of the directory it stands in: a state that belongs to a user (as
 * that of a packaged service does) stays usable for that user when root works with it, too. A link is not followed.
 * Where the file system does not let even root do that, the file stays root's: `rdsctl doctor` tells it.
 */
export function giveToOwner(path: string): void {
  if (process.getuid?.() !== 0) return;
  try {
    const { uid, gid } = statSync(dirname(path));
    if (uid !== 0) lchownSync(path, uid, gid);
  } catch {
    // What was to be done with the file does not depend on it.
  }
}
