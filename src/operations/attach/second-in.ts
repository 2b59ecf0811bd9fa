import type { VolumeId } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { OperationContext } from '../context.ts';
import { askOtherNodes, disconnectOn, inWords } from './other-nodes.ts';

/** An export that any host could get into until now, and the one that it admits alone from now on. */
export interface Narrowed {
  readonly volume: VolumeId;
  readonly nqn: string;
  readonly owner: string;
}

/**
 * Between the look and the admission of its owner alone anybody could get into an export that was open. Nobody can
 * any more: so all are asked again, and the answer holds.
 * @throws RdsctlError UNTRACKED_EXPORT
 */
export async function refuseSecond(context: OperationContext, narrowed: Narrowed): Promise<void> {
  const { found, untold } = await secondIn(context, narrowed);
  const error = found ?? untold;
  if (error !== null) throw error;
}

/**
 * The same where what was asked for is done: nodes that can't be asked are only warned of.
 * @param signal what the asking may be interrupted by
 * @returns the error about those that got in; null when none is found
 */
export async function findSecond(
  context: OperationContext,
  narrowed: Narrowed,
  signal: AbortSignal,
): Promise<RdsctlError | null> {
  const { found, untold } = await secondIn(context, narrowed, signal);
  if (untold !== null) {
    const [hint] = untold.hints;
    const next = hint === undefined ? '' : `; see who is connected when they answer: ${hint.run}`;
    context.report({ type: 'warning', message: `${untold.message}${next}` });
  }
  return found;
}

async function secondIn(
  context: OperationContext,
  { volume, nqn, owner }: Narrowed,
  signal?: AbortSignal,
): Promise<{ readonly found: RdsctlError | null; readonly untold: RdsctlError | null }> {
  const { using, unasked } = await askOtherNodes(context, 'ask-again', volume, nqn, [owner], signal);
  const details = { volume: volume.key, node: owner, using, unasked: unasked.map(({ node }) => node) };
  if (using.length > 0) {
    const who = using.join(' and ');
    const found = new RdsctlError('UNTRACKED_EXPORT', {
      message: `${who} connected to ${volume.slot} before ${volume.rds} let ${owner} alone in`,
      now: `Nobody but ${owner} gets in from now on, but ${who} still can write: treat ${volume.slot} as used by both.`,
      hints: using.map((node) => disconnectOn(node, nqn)),
      details,
    });
    return { found, untold: null };
  }
  if (unasked.length === 0) return { found: null, untold: null };
  const untold = new RdsctlError('UNTRACKED_EXPORT', {
    message: `whether somebody connected to ${volume.slot} before ${volume.rds} let ${owner} alone in can not be told: ${inWords(unasked)}`,
    now: `Nobody but ${owner} gets in from now on; who is in already may still write.`,
    hints: [{ when: 'When they answer, see who is connected:', run: 'rdsctl reconcile --dry-run' }],
    details,
  });
  return { found: null, untold };
}
