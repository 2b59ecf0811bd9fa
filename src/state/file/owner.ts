import { fchownSync, lchownSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Gives what root has just made to the owner of the directory it stands in: a state that belongs to a user (as
 * that of a packaged service does) stays usable for that user when root works with it, too. A link is not followed.
 * Where the file system does not let even root do that, the file stays root's: `rdsctl doctor` tells it.
 * @param fd the file, where it is open: another may stand at the path by now
 */
export function giveToOwner(path: string, fd?: number): void {
  if (process.getuid?.() !== 0) return;
  try {
    const { uid, gid } = statSync(dirname(path));
    if (uid === 0) return;
    if (fd === undefined) lchownSync(path, uid, gid);
    else fchownSync(fd, uid, gid);
  } catch {
    // What was to be done with the file does not depend on it.
  }
}
