import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Inspection } from '../../state/care.ts';
import type { State } from '../../state/state.ts';
import { audited } from '../audited.ts';
import { withoutOthers, type CareContext } from './care-context.ts';
import { compareStates, type StateDifference } from './compare.ts';

export interface ImportRequest {
  /** The state that is to be put here, found whole. */
  readonly state: State;
  /** Where it was read, for messages. */
  readonly from: string;
  /** The lineage that the state is to have although another belongs here; null = the one that belongs here. */
  readonly lineage: string | null;
  /** Whether it may take the place of a newer one. */
  readonly older: boolean;
  readonly dryRun: boolean;
}

/** What an import would do. */
export interface ImportProposal {
  readonly inspection: Inspection;
  readonly difference: StateDifference;
}

export interface ImportResult extends ImportProposal {
  /** Null when nothing was written. */
  readonly written: State | null;
  readonly changed: boolean;
}

/**
 * Puts a state from elsewhere in the place of what is kept here, with its lineage, serial number and tokens.
 * @param ask returns when the operator agrees; not called where nothing is lost
 * @throws RdsctlError STATE_* when what is here can't be looked at, or is of a newer schema; FOREIGN_LINEAGE,
 *   OLDER_STATE, CHANGED_MEANWHILE, LOCKED, STATE_UNWRITABLE
 */
export async function importState(
  context: CareContext,
  request: ImportRequest,
  ask: (proposal: ImportProposal) => Promise<void>,
): Promise<ImportResult> {
  const { care } = context;
  const { state, from, dryRun } = request;
  return audited(context, 'import', { volume: null, node: null }, (trail) =>
    withoutOthers(context, dryRun, async (holding) => {
      const inspection = await care.inspect();
      refuseUnknown(inspection);
      refuseForeign(inspection, request);
      const difference = compareStates(inspection.state, state);
      const proposal = { inspection, difference };
      if (isThere(inspection, state, difference)) return { ...proposal, written: null, changed: false };
      if (!request.older) refuseOlder(inspection, state, care.location);
      if (dryRun) return { ...proposal, written: null, changed: false };
      if (holdsSomething(inspection)) await ask(proposal);
      const { attachments, tokens, nodes, lineage, serial } = state;
      const written = await care.replace({
        fingerprint: inspection.fingerprint,
        lineage,
        serial,
        body: { attachments, tokens, nodes },
        holding,
        signal: context.signal,
      });
      trail.changed(care.location, `imported from ${from} (serial ${serial}) as serial ${written.serial}`);
      return { ...proposal, written, changed: true };
    }),
  );
}

/** Whether something would be lost: a state that was never written, or holds nothing, is no loss. */
export function holdsSomething({ state, fault }: Inspection): boolean {
  if (state === null) return fault !== null;
  return [state.attachments, state.tokens, state.nodes].some((table) => Object.keys(table).length > 0);
}

/** What is damaged is kept aside; what could not be looked at, or is of a newer rdsctl, is left alone. */
function refuseUnknown({ fault }: Inspection): void {
  if (fault !== null && fault.reason !== 'STATE_DAMAGED' && fault.reason !== 'FOREIGN_LINEAGE') throw fault;
}

function isThere({ state: here }: Inspection, target: State, { same }: StateDifference): boolean {
  return here !== null && same && here.lineage === target.lineage && here.serial >= target.serial;
}

function refuseForeign(inspection: Inspection, { state, from, lineage: wanted }: ImportRequest): void {
  const belongs = holdsSomething(inspection) ? inspection.lineage : null;
  const expected = wanted ?? belongs;
  if (expected === null || expected === state.lineage) return;
  throw new RdsctlError('FOREIGN_LINEAGE', {
    message: `the state of ${from} is of lineage ${state.lineage}, ${wanted === null ? `but ${expected} belongs here` : `not of ${wanted}`}`,
    now: 'Nothing was changed.',
    hints: [
      {
        when: 'If it is certain that no other rdsctl uses either of them, put it here all the same by adding:',
        run: `--lineage ${state.lineage}`,
      },
    ],
    details: { expected, found: state.lineage },
  });
}

function refuseOlder({ state: here, highestSerial }: Inspection, target: State, location: string): void {
  if (here !== null && here.lineage !== target.lineage) return;
  const known = here === null ? highestSerial : here.serial;
  // Of one that can't be read only its number is known: with the same it is the same.
  if (known < target.serial || (here === null && known === target.serial)) return;
  throw new RdsctlError('OLDER_STATE', {
    message:
      known === target.serial
        ? `the state at ${location} has the same serial number ${known} and another content: both were changed on their own`
        : `the state at ${location} is of serial ${known}, the one to be imported only of serial ${target.serial}`,
    now: 'Nothing was changed.',
    hints: [
      { when: 'To see what it would change:', run: 'rdsctl state import FILE --older --dry-run' },
      { when: 'To put it here all the same, add:', run: '--older' },
      { when: 'To make the state from what the storage servers know:', run: 'rdsctl state rebuild' },
    ],
    details: { here: known, imported: target.serial },
  });
}
