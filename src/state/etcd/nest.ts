import { op, type Op } from './client/kv.ts';

/** Operations that etcd lets a transaction have by default (--max-txn-ops), those it is nested in included. */
const MAX_OPERATIONS = 128;
/** Bytes of a request that are surely below what etcd takes by default (--max-request-bytes: 1.5 MiB). */
export const MAX_BYTES = 1_000_000;

/**
 * Puts more operations into one transaction than it may have: in transactions within it. All are carried out, or
 * none.
 * @param beside the comparisons, or the operations of the other branch, whichever are more
 * @returns null when they are too many even so
 */
export function nested(operations: readonly Op[], beside: number): readonly Op[] | null {
  if (beside > MAX_OPERATIONS) return null;
  if (operations.length <= MAX_OPERATIONS) return operations;
  for (let groups = 2; groups < MAX_OPERATIONS; groups += 1) {
    const each = MAX_OPERATIONS - Math.max(beside, groups);
    if (groups * each < operations.length) continue;
    return Array.from({ length: groups }, (_, index) =>
      op.txn(operations.slice(index * each, (index + 1) * each)),
    ).filter((_, index) => index * each < operations.length);
  }
  return null;
}
