import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { OperationContext } from './context.ts';
import type { StorageServer } from './ports/storage-server.ts';

/** What a drain asks. */
type Drained = Pick<StorageServer, 'name' | 'inFlight'>;

/**
 * Waits until nothing is in flight for volumes whose sessions were just cut: "un-exported" is not "drained",
 * a write that the target had begun can land seconds later, on top of the next owner's data (lab a9).
 * Drained means: at least `fence.settle` since the cut, and 0 operations in flight twice in a row.
 *
 * @param cutAt monotonic milliseconds when the cut had been read back
 * @returns per slot the operations still in flight, or null where they couldn't be told; a slot that is
 *   drained is left out
 */
export async function drain(
  context: OperationContext,
  server: Drained,
  slots: readonly string[],
  cutAt: number,
): Promise<Map<string, number | null>> {
  const { settle, drainTimeout } = context.config.fence;
  const pause = Math.max(20, Math.min(250, settle / 4));
  const zeros = new Map(slots.map((slot) => [slot, 0]));
  const last = new Map<string, number | null>(slots.map((slot) => [slot, null]));
  // Until the end of the time to settle: what the target had taken in, but not begun yet, shows only later.
  while (slots.length > 0) {
    const counts = await asked(context, server, slots);
    for (const slot of slots) {
      const count = counts.get(slot) ?? null;
      last.set(slot, count);
      zeros.set(slot, count === 0 ? (zeros.get(slot) ?? 0) + 1 : 0);
    }
    const since = context.clock.monotonic() - cutAt;
    const left = slots.filter((slot) => (zeros.get(slot) ?? 0) < 2);
    if (left.length === 0 && since >= settle) break;
    if (left.length > 0 && since >= drainTimeout) {
      return new Map(left.map((slot) => [slot, last.get(slot) ?? null]));
    }
    const rest = left.length === 0 ? settle - since : pause;
    await context.clock.sleep(Math.max(1, Math.min(pause, rest)), context.grace);
  }
  return new Map();
}

async function asked(
  context: OperationContext,
  server: Drained,
  slots: readonly string[],
): Promise<ReadonlyMap<string, number | null>> {
  try {
    return await server.inFlight(slots, { signal: context.grace });
  } catch (error) {
    // Not being told is not "nothing in flight": it is asked again until the drain's own deadline.
    if (!(error instanceof RdsctlError) || context.grace.aborted) throw error;
    context.report({
      type: 'warning',
      message: `${server.name} did not tell what is in flight: ${error.message}`,
    });
    return new Map();
  }
}

/** The error for a volume that did not drain. */
export function notDrained(rds: string, slot: string, inFlight: number | null, seconds: number): RdsctlError {
  const what =
    inFlight === null ? 'it could not be told what is in flight' : `${inFlight} operations are in flight`;
  return new RdsctlError('NOT_DRAINED', {
    message: `${rds} ended the sessions of ${slot}, but ${what} after ${seconds} s`,
    now: `Nobody can connect to ${slot}; an old write may still land. It was given to nobody.`,
    hints: [{ when: 'Try again when the disks are quiet:', run: `rdsctl show ${rds}/${slot}` }],
    details: { rds, slot, inFlight },
  });
}
