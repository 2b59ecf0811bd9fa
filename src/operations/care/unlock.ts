import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { ListedLock } from '../../state/lock-care.ts';
import { holderText } from '../../state/holder-text.ts';
import { audited } from '../audited.ts';
import type { CareContext } from './care-context.ts';

export interface UnlockRequest {
  /** A lock's id, or the volume (slot or rds/slot) that is locked; null = none. */
  readonly target: string | null;
  /** All those whose holders are known to be dead. */
  readonly dead: boolean;
  readonly dryRun: boolean;
}

export interface UnlockResult {
  /** Every lock that was there, by name. */
  readonly locks: readonly ListedLock[];
  /** Those of them that were removed, or would be. */
  readonly released: readonly ListedLock[];
  readonly changed: boolean;
}

/**
 * Lists the locks, and removes those that are asked for. A lock of a live process of this host is only removed
 * when it is named by its id.
 * @param ask returns when the operator agrees to take a lock from a holder that is not known to be dead
 * @throws RdsctlError BAD_ARGUMENT when there is no such lock, LOCKED when its holder lives
 */
export async function unlock(
  context: CareContext,
  request: UnlockRequest,
  ask: (lock: ListedLock) => Promise<void>,
): Promise<UnlockResult> {
  const { care } = context;
  const locks = await care.listLocks();
  const { target } = request;
  if (target === null && !request.dead) return { locks, released: [], changed: false };
  const isDead = ({ alive }: ListedLock): boolean => alive === false;
  const wanted = target === null ? locks.filter(isDead) : [found(locks, target)];
  if (request.dryRun) return { locks, released: wanted, changed: false };
  const volume = target === null ? null : (wanted[0]?.name ?? null);
  if (wanted.length === 0) return { locks, released: [], changed: false };
  return audited(context, 'unlock', { volume, node: null }, async (trail) => {
    const released: ListedLock[] = [];
    const [lock] = wanted;
    if (target === null || lock === undefined) {
      released.push(...(await care.removeDeadLocks()));
    } else if (isDead(lock)) {
      released.push(...(await care.removeDeadLocks(lock.name)));
    } else {
      refuseLive(lock, target);
      await ask(lock);
      if (lock.id !== null && (await care.breakLock(lock.id))) released.push(lock);
    }
    for (const one of released)
      trail.changed(care.location, `removed the lock of ${one.name} from ${holderText(one.holder)}`);
    return { locks, released, changed: released.length > 0 };
  });
}

function found(locks: readonly ListedLock[], target: string): ListedLock {
  const byId = locks.find(({ id }) => id === target);
  if (byId !== undefined) return byId;
  const named = locks.filter(({ name }) => name === target || name.endsWith(`/${target}`));
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  throw new RdsctlError('BAD_ARGUMENT', {
    message:
      only === undefined
        ? `there is no lock of ${target}, and none with that id`
        : `${target} may be ${named.map(({ name }) => name).join(' or ')}`,
    now: 'Nothing was changed.',
    hints: [{ when: 'See every lock:', run: 'rdsctl state unlock' }],
    details: { target },
  });
}

function refuseLive({ alive, id, name, holder }: ListedLock, target: string): void {
  if (id === target) return;
  const lives = alive === true ? 'lives' : 'may live';
  throw new RdsctlError('LOCKED', {
    message: `${name} is locked by ${holderText(holder)}, which ${lives}`,
    now: 'Nothing was changed.',
    hints: [
      ...(alive === true && holder !== null
        ? [{ when: 'To end that command in good order:', run: `kill ${holder.pid}` }]
        : []),
      ...(id === null ? [] : [{ when: 'To take the lock all the same:', run: `rdsctl state unlock ${id}` }]),
    ],
    details: { lock: name, holder, id },
  });
}
