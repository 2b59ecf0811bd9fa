import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { State, StateChange } from './state.ts';
import { BodyMismatch, checkBody } from './body.ts';

/** Sees the newest state, and returns the wanted one. */
export type Change = (state: State) => StateChange;

/**
 * What the changes make of a state one after another. Several see copies, so that one that fails after it has
 * changed what it was shown leaves nothing of that behind.
 * @returns null for `wanted` when none of them can be had; an error, or null, for each change
 */
export function applyChanges(
  state: State,
  changes: readonly Change[],
): { wanted: StateChange | null; errors: ({ error: unknown } | null)[] } {
  let wanted: StateChange | null = null;
  const errors = changes.map((change) => {
    const before = { ...state, ...wanted };
    try {
      wanted = checked(change(changes.length === 1 ? before : structuredClone(before)));
      return null;
    } catch (error) {
      return { error };
    }
  });
  return { wanted, errors };
}

/** @throws RdsctlError INTERNAL */
function checked({ attachments, tokens, nodes }: StateChange): StateChange {
  const body = { attachments, tokens, nodes };
  try {
    checkBody(body);
    return body;
  } catch (error) {
    if (!(error instanceof BodyMismatch)) throw error;
    throw new RdsctlError('INTERNAL', {
      message: `a state that is not valid was to be written: ${error.message}`,
    });
  }
}
