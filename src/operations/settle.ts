import { NOBODY } from '../attachment/host-nqn.ts';
import { isReason, RdsctlError } from '../errors/rdsctl-error.ts';
import type { OperationContext } from './context.ts';
import type { ChangeOutcome, Disk, DiskChange, StorageServer } from './ports/storage-server.ts';
import { changedMeanwhile, mayHaveRun, refusal, unknown } from './settle-errors.ts';

/** How a change at a storage server ended, for certain. */
export type Settled =
  | { readonly slot: string; readonly ok: true; readonly disk: Disk }
  | { readonly slot: string; readonly ok: false; readonly error: RdsctlError };

const RETRY_PAUSE = 200;
/** How often an unknown outcome is asked after on a new connection before it stays unknown. */
const ATTEMPTS = 3;
/** What says nothing of the change itself: it is asked after. */
const ASKED_AFTER = ['CONNECTION_LOST', 'NO_ANSWER', 'CONNECT_FAILED', 'LOGIN_FAILED', 'BAD_ANSWER'] as const;

/**
 * Makes changes at a storage server and does not return before it is known how each of them ended: an answer
 * that was lost is asked after on a new connection, exporting that shows late (it is eventually consistent:
 * seen) is read again until it shows. Sending a change twice is safe: its comment check lets it through once.
 *
 * @returns per change: the disk as read back, or CHANGED_MEANWHILE, NO_SUCH_VOLUME, REMOTE_ERROR,
 *   NOT_VERIFIED, or an UNREACHABLE error with `details.outcome = "unknown"`
 * @throws RdsctlError what can not be asked after; with `details.outcome = "unknown"` too where a change may have
 *   been made before
 */
export async function settle(
  context: OperationContext,
  server: StorageServer,
  changes: readonly DiskChange[],
): Promise<Settled[]> {
  const result = new Map<string, Settled>();
  let open = changes;
  let lost: RdsctlError | null = null;
  let sent = false;
  for (let attempt = 1; attempt <= ATTEMPTS && open.length > 0; attempt += 1) {
    try {
      if (lost !== null) {
        const seen = await server.look(
          open.map(({ slot }) => slot),
          { signal: context.grace },
        );
        for (const change of open) {
          const disk = seen.disks.find(({ slot }) => slot === change.slot);
          if (disk !== undefined && disk.comment === change.comment) {
            result.set(change.slot, await verified(context, server, change, disk));
          }
        }
        open = open.filter(({ slot }) => !result.has(slot));
        if (open.length === 0) break;
      }
      const outcomes = await server.change(open, { signal: context.grace }).catch((error: unknown) => {
        sent ||= mayHaveRun(error);
        throw error;
      });
      sent = true;
      for (const [index, change] of open.entries()) {
        result.set(change.slot, await outcome(context, server, change, outcomes[index], lost !== null));
      }
      open = [];
    } catch (error) {
      if (!(error instanceof RdsctlError)) throw error;
      open = open.filter(({ slot }) => !result.has(slot));
      if (!isReason(error, ...ASKED_AFTER)) throw sent ? unknown(server, open, error) : error;
      lost = error;
      if (attempt < ATTEMPTS) await pause(context, server, open, sent);
    }
  }
  for (const change of open) {
    result.set(change.slot, { slot: change.slot, ok: false, error: unknown(server, [change], lost) });
  }
  return changes.map((change) => result.get(change.slot) as Settled);
}

/** One change; throws its error. */
export async function settleOne(
  context: OperationContext,
  server: StorageServer,
  change: DiskChange,
): Promise<Disk> {
  const [settled] = await settle(context, server, [change]);
  if (settled === undefined) throw new RdsctlError('INTERNAL', { message: 'a change without an outcome' });
  if (!settled.ok) throw settled.error;
  return settled.disk;
}

async function outcome(
  context: OperationContext,
  server: StorageServer,
  change: DiskChange,
  told: ChangeOutcome | undefined,
  again: boolean,
): Promise<Settled> {
  if (told === undefined) throw new RdsctlError('INTERNAL', { message: 'a change without an outcome' });
  if (told.ok) return verified(context, server, change, told.disk);
  if (told.why === 'comment-changed') {
    const disk = (await server.look([change.slot], { signal: context.grace })).disks[0];
    // Sent twice, and the first one was only late: it is ours. Sent once, it is that of a copy of this state.
    if (again && disk?.comment === change.comment) return verified(context, server, change, disk);
    return { slot: change.slot, ok: false, error: changedMeanwhile(server.name, change, disk) };
  }
  const error = refusal(server, change, told.why, told.text);
  if (told.why !== 'error') return { slot: change.slot, ok: false, error };
  // The comment is written first: where it stands, what failed came after it, and may have been done by halves.
  const disk = (await server.look([change.slot], { signal: context.grace })).disks[0];
  const partly = disk?.comment === change.comment;
  return {
    slot: change.slot,
    ok: false,
    error: partly ? error.with({ details: { outcome: 'unknown' } }) : error,
  };
}

/** Whether a disk shows what a change was to do. */
export function shows(change: DiskChange, disk: Disk): boolean {
  if (disk.comment !== change.comment) return false;
  if (change.kind === 'toggle') return disk.exported === change.exported;
  return change.kind === 'revoke'
    ? !disk.exported && disk.allow === NOBODY
    : disk.exported && disk.allow === change.allow;
}

async function verified(
  context: OperationContext,
  server: StorageServer,
  change: DiskChange,
  first: Disk,
): Promise<Settled> {
  const { slot } = change;
  const end = context.clock.monotonic() + context.config.timeouts.command;
  let disk: Disk | undefined = first;
  while (disk === undefined || !shows(change, disk)) {
    if (disk !== undefined && disk.comment !== change.comment && disk.comment !== change.expectComment) {
      return { slot, ok: false, error: changedMeanwhile(server.name, change, disk) };
    }
    if (context.clock.monotonic() >= end) {
      return {
        slot,
        ok: false,
        error: new RdsctlError('NOT_VERIFIED', {
          message: `${server.name} took the change of ${slot}, but reading it back does not show it`,
          now: `It shows: export ${disk?.exported === true ? 'on' : 'off'}, allowed host ${JSON.stringify(disk?.allow ?? '')}.`,
          hints: [{ when: 'Look at it:', run: `rdsctl show ${server.name}/${slot}` }],
          details: { rds: server.name, slot, outcome: 'unknown' },
        }),
      };
    }
    await context.clock.sleep(RETRY_PAUSE, context.grace);
    disk = (await server.look([slot], { signal: context.grace })).disks[0];
  }
  return { slot, ok: true, disk };
}

async function pause(
  context: OperationContext,
  server: StorageServer,
  open: readonly DiskChange[],
  sent: boolean,
): Promise<void> {
  try {
    await context.clock.sleep(RETRY_PAUSE, context.grace);
  } catch (error) {
    throw sent && error instanceof RdsctlError ? unknown(server, open, error) : error;
  }
}
