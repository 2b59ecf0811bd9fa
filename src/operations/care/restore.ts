import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Inspection, StateCopy } from '../../state/care.ts';
import type { State } from '../../state/state.ts';
import { audited } from '../audited.ts';
import { withoutOthers, type CareContext } from './care-context.ts';
import { compareStates, type StateDifference } from './compare.ts';

export interface RestoreRequest {
  /** The copy's name or serial number, or a file; null = the newest good one. */
  readonly backup: string | null;
  /** The lineage that the state is to have although another belongs here; null = the one that belongs here. */
  readonly lineage: string | null;
  readonly dryRun: boolean;
}

/** What a restore would do. */
export interface RestoreProposal {
  readonly inspection: Inspection;
  /** The state that is to be put back. */
  readonly copy: StateCopy;
  readonly difference: StateDifference;
}

export interface RestoreResult extends RestoreProposal {
  /** Null when nothing was written. */
  readonly written: State | null;
  readonly changed: boolean;
}

/**
 * Puts a copy in the place of the state, which is kept as a copy. Its tokens stay as old as they are: a storage
 * server that knows newer ones refuses what would be decided by an old picture, until the state is rebuilt.
 * @param ask returns when the operator agrees; not called when there is nothing to do
 * @throws RdsctlError STATE_DAMAGED when no copy is good, FOREIGN_LINEAGE, BAD_ARGUMENT, LOCKED, STATE_UNWRITABLE
 */
export async function restoreState(
  context: CareContext,
  request: RestoreRequest,
  ask: (proposal: RestoreProposal) => Promise<void>,
): Promise<RestoreResult> {
  const { care } = context;
  return audited(context, 'restore', { volume: null, node: null }, (trail) =>
    withoutOthers(context, request.dryRun, async (holding) => {
      const inspection = await care.inspect();
      const copy = await chosen(context, inspection, request.backup);
      const target = usable(copy);
      refuseForeign(inspection, target, request.lineage);
      const difference = compareStates(inspection.state, target);
      const proposal = { inspection, copy, difference };
      const isThere = inspection.state?.lineage === target.lineage && difference.same;
      // Without a name there is nothing to go back for: what is there is good, and not older.
      const isGood = request.backup === null && isNewest(inspection, target);
      if (isThere || isGood || request.dryRun) return { ...proposal, written: null, changed: false };
      await ask(proposal);
      const written = await care.replace({
        fingerprint: inspection.fingerprint,
        lineage: target.lineage,
        body: { attachments: target.attachments, tokens: target.tokens, nodes: target.nodes },
        holding,
        signal: context.signal,
      });
      trail.changed(
        care.location,
        `restored from ${copy.name} (serial ${target.serial}) as serial ${written.serial}`,
      );
      return { ...proposal, written, changed: true };
    }),
  );
}

function isNewest({ state }: Inspection, target: State): boolean {
  return state !== null && state.lineage === target.lineage && state.serial >= target.serial;
}

/** The copy that was named, or the newest one that is good and belongs here. */
async function chosen(
  { care }: CareContext,
  { copies, lineage }: Inspection,
  name: string | null,
): Promise<StateCopy> {
  if (name !== null) return care.copy(name);
  const good = copies.find(({ state }) => state !== null && (lineage === null || state.lineage === lineage));
  if (good !== undefined) return good;
  throw new RdsctlError('STATE_DAMAGED', {
    message:
      copies.length === 0
        ? `there is no backup of ${care.location}`
        : `none of the ${copies.length} backups of ${care.location} can be used`,
    now: 'Nothing was changed.',
    hints: [
      { when: 'To make the state again from what the storage servers say:', run: 'rdsctl state rebuild' },
      { when: 'If you have a copy elsewhere:', run: 'rdsctl state restore FILE' },
    ],
    details: { backups: copies.map((copy) => copy.name) },
  });
}

function usable({ state, fault, name }: StateCopy): State {
  if (state !== null) return state;
  throw new RdsctlError(fault?.reason ?? 'STATE_DAMAGED', {
    message: `the backup ${name} can not be used: ${fault?.message ?? 'it is damaged'}`,
    now: 'Nothing was changed.',
    hints: [{ when: 'See the others:', run: 'rdsctl state restore --list' }],
    details: { backup: name },
  });
}

function refuseForeign({ lineage }: Inspection, target: State, wanted: string | null): void {
  const expected = wanted ?? lineage;
  if (expected === null || expected === target.lineage) return;
  throw new RdsctlError('FOREIGN_LINEAGE', {
    message: `the backup is of lineage ${target.lineage}, ${wanted === null ? `but ${expected} belongs here` : `not of ${wanted}`}`,
    now: 'Nothing was changed.',
    hints: [
      {
        when: 'If it is certain that no other rdsctl uses that state, put it here all the same by adding:',
        run: `--lineage ${target.lineage}`,
      },
    ],
    details: { expected, found: target.lineage },
  });
}
