import { parseComment } from '../attachment/tag.ts';
import { isReason, RdsctlError } from '../errors/rdsctl-error.ts';
import type { Disk, DiskChange, StorageServer } from './ports/storage-server.ts';

/** What the storage server's own refusal of a change is told as. */
export function refusal(
  server: StorageServer,
  change: DiskChange,
  why: 'no-such-disk' | 'exported' | 'not-exported' | 'error',
  answer: string,
): RdsctlError {
  const details = { rds: server.name, slot: change.slot, answer };
  switch (why) {
    case 'no-such-disk':
      return new RdsctlError('NO_SUCH_VOLUME', {
        message: `${server.name} has no disk ${change.slot} any more`,
        details,
      });
    case 'exported':
    case 'not-exported':
      return new RdsctlError('CHANGED_MEANWHILE', {
        message: `the export of ${change.slot} on ${server.name} was switched by somebody else meanwhile`,
        now: 'The storage server refused the change.',
        hints: [{ when: 'See what holds now:', run: `rdsctl show ${server.name}/${change.slot}` }],
        details,
      });
    case 'error':
      return new RdsctlError('REMOTE_ERROR', {
        message: `${server.name} answered for ${change.slot}: ${answer}`,
        details,
      });
  }
}

/** The disk is not as it was looked at. @param now what it shows */
export function changedMeanwhile(rds: string, change: DiskChange, now: Disk | undefined): RdsctlError {
  const tag = now === undefined ? null : parseComment(now.comment).tag;
  const who =
    tag === null || tag === 'unreadable'
      ? 'its comment was edited'
      : `another command took token ${tag.token} for ${tag.owners.join(' and ') || 'nobody'}`;
  return new RdsctlError('CHANGED_MEANWHILE', {
    message: `${change.slot} was changed on ${rds} meanwhile: ${who}`,
    now: 'The storage server refused the change.',
    hints: [
      { when: 'See what holds now, and run the command again:', run: `rdsctl show ${rds}/${change.slot}` },
    ],
    details: { rds, slot: change.slot, tag },
  });
}

/** Whether an error leaves it open that the line it ended had been carried out, or a part of it. */
export function mayHaveRun(error: unknown): boolean {
  if (!(error instanceof RdsctlError)) return true;
  return (error.details['sent'] ?? isReason(error, 'CONNECTION_LOST', 'NO_ANSWER', 'BAD_ANSWER')) === true;
}

/** Nobody can tell whether these changes were made: whoever gets it must take it that they may have been. */
export function unknown(
  server: StorageServer,
  changes: readonly DiskChange[],
  cause: RdsctlError | null,
): RdsctlError {
  const base = cause ?? new RdsctlError('CONNECTION_LOST', { message: `${server.name} could not be asked` });
  const slots = changes.map(({ slot }) => slot).join(', ');
  return base.with({
    message: `it is not known whether ${server.name} changed ${slots}: ${base.message}`,
    now: 'The change may have been made.',
    details: { rds: server.name, slot: slots, outcome: 'unknown' },
  });
}
