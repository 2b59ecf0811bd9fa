import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Keys } from './keys.ts';

/** STATE_OUTCOME_UNKNOWN: a commit was sent, no answer came, and nobody could be asked what became of it. */
export function outcomeUnknown(keys: Keys, cause: unknown): RdsctlError {
  return new RdsctlError('STATE_OUTCOME_UNKNOWN', {
    message:
      `a change of ${keys.url(keys.meta)} was sent, and it is not known whether it was made: ` +
      (cause instanceof Error ? cause.message : String(cause)),
    now: 'The state is the old one or the new one, whole either way.',
    hints: [
      { when: 'When the cluster answers again, to see which', run: 'rdsctl list' },
      { when: 'To finish or undo what was begun', run: 'rdsctl reconcile' },
    ],
    details: { path: keys.url(keys.meta) },
    cause,
  });
}
