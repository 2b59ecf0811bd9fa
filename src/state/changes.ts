import { RdsctlError } from '../errors/rdsctl-error.ts';
import { BodyMismatch, sealBody } from './sealed.ts';
import type { State, StateChange } from './state.ts';

/** Sees the newest state, frozen, and returns the wanted one. */
export type Change = (state: State) => StateChange;

/**
 * What the changes make of a state one after another. One that fails leaves nothing behind.
 * @returns null for `wanted` when none of them can be had; an error, or null, for each change
 */
export function applyChanges(
  state: State,
  changes: readonly Change[],
): { wanted: StateChange | null; errors: ({ error: unknown } | null)[] } {
  let wanted: StateChange | null = null;
  const errors = changes.map((change) => {
    try {
      wanted = sealWanted(change(Object.freeze({ ...state, ...wanted })));
      return null;
    } catch (error) {
      return { error };
    }
  });
  return { wanted, errors };
}

/**
 * Seals what is to be written.
 * @throws RdsctlError INTERNAL when it is no valid body
 */
export function sealWanted({ attachments, tokens, nodes }: StateChange): StateChange {
  try {
    return sealBody({ attachments, tokens, nodes });
  } catch (error) {
    if (!(error instanceof BodyMismatch)) throw error;
    throw new RdsctlError('INTERNAL', {
      message: `a state that is not valid was to be written: ${error.message}`,
    });
  }
}
