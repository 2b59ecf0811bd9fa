import { Semaphore } from 'async-mutex';

import { RdsctlError, type Hint } from '../errors/rdsctl-error.ts';
import type { OperationContext } from './context.ts';
import { asItems, type Items } from './items.ts';

/** At most so many volumes are worked on at once. */
const VOLUMES_AT_ONCE = 64;

/** How the work on one of many volumes ended. */
export type Outcome<T> =
  { readonly result: T; readonly error: null } | { readonly result: null; readonly error: RdsctlError };

/**
 * Works on many volumes, at most {@link VOLUMES_AT_ONCE} at a time, with the connections of one context. One
 * that fails does not stop the others. After an interruption none is begun any more; those in hand end as they
 * do when they are interrupted alone.
 * @param work gets a context whose progress tells the volumes apart
 * @returns how each ended, in the order of the items
 */
export async function eachVolume<Item extends { readonly key: string; readonly slot: string }, T>(
  context: OperationContext,
  items: readonly Item[],
  work: (context: OperationContext, item: Item) => Promise<T>,
): Promise<Outcome<T>[]> {
  const turns = new Semaphore(VOLUMES_AT_ONCE);
  return asItems(context, items.length, (told) =>
    Promise.all(
      items.map((item) => turns.runExclusive(() => workOn(context, told, item, (own) => work(own, item)))),
    ),
  );
}

async function workOn<T>(
  context: OperationContext,
  told: Items,
  item: { readonly key: string; readonly slot: string },
  work: (context: OperationContext) => Promise<T>,
): Promise<Outcome<T>> {
  if (context.signal.aborted) return { result: null, error: notBegun(context, item.slot) };
  try {
    return { result: await told.work(item, work), error: null };
  } catch (error) {
    return { result: null, error: asError(error) };
  }
}

function notBegun(context: OperationContext, slot: string): RdsctlError {
  const reason: unknown = context.signal.reason;
  const base =
    reason instanceof RdsctlError ? reason : new RdsctlError('INTERRUPTED', { message: 'interrupted' });
  return base.with({ message: `${base.message} before ${slot} was begun`, now: 'It was not begun.' });
}

/** A failure of one volume; what is no {@link RdsctlError} is a defect, and told as one. */
function asError(error: unknown): RdsctlError {
  if (error instanceof RdsctlError) return error;
  return new RdsctlError('INTERNAL', { message: `unexpected: ${String(error)}`, cause: error });
}

/** One volume that failed, and why. */
export interface Failed {
  readonly volume: string;
  readonly error: RdsctlError;
}

/**
 * The one error that stands for the volumes that failed: PARTIAL, with each of them and its cause.
 * @returns null when none failed
 */
export function partial(
  failed: readonly Failed[],
  facts: {
    readonly message: string;
    readonly again: Hint;
    readonly details?: Readonly<Record<string, unknown>>;
  },
): RdsctlError | null {
  if (failed.length === 0) return null;
  const hints = new Map(failed.flatMap(({ error }) => error.hints).map((hint) => [hint.run, hint]));
  hints.set(facts.again.run, facts.again);
  return new RdsctlError('PARTIAL', {
    message: [
      facts.message,
      ...failed.map(
        ({ volume, error }) => `${volume}: ${[error.message, error.now ?? ''].join('. ').trim()}`,
      ),
    ].join('\n'),
    hints: [...hints.values()],
    details: {
      ...facts.details,
      failed: failed.map(({ volume, error }) => ({
        volume,
        code: error.code,
        exitCode: error.exitCode,
        reason: error.reason,
        message: error.message,
      })),
    },
  });
}
