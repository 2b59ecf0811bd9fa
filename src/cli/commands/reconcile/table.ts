import type { DriftReport, ReconcileReport } from '../../../operations/reconcile/report.ts';
import type { PlannedCommand } from '../../operating/plan.ts';
import { formatColumns } from '../../output/columns.ts';
import type { Style } from '../../output/style.ts';

const RESULTS: Readonly<Record<DriftReport['result'], string>> = {
  repaired: 'repaired',
  planned: 'would be repaired',
  left: 'for you',
  failed: 'failed',
};

/** What was found, a line each, and below it what the operator has to run. */
export function reconcileText(
  { drift }: ReconcileReport,
  planned: readonly PlannedCommand[],
  style: Style,
  wide: boolean,
): string {
  const table = formatColumns<DriftReport>(
    [
      {
        title: 'VOLUME',
        text: ({ volume }) => (volume === null ? '-' : wide ? volume : volume.slice(volume.indexOf('/') + 1)),
      },
      { title: 'NODE', text: ({ node }) => node ?? '-' },
      { title: 'DRIFT', text: ({ kind }) => kind },
      {
        title: 'RESULT',
        text: ({ result }) => RESULTS[result],
        paint: (padded, { result }) =>
          result === 'repaired'
            ? style.good(padded)
            : result === 'failed'
              ? style.bad(padded)
              : style.caution(padded),
      },
      { title: 'MEANING', text: ({ meaning, error }) => (error === null ? meaning : error.message) },
    ],
    drift,
    style,
  );
  const open = drift.filter(({ result }) => result === 'left' || result === 'failed');
  const byHand = [...new Set(open.map(({ command }) => command))].map((run) => `  ${style.bold(run)}\n`);
  const sent = planned.map(({ at, command }) => `${style.bold(`# ${at}`)}\n${command}\n`);
  return [
    table,
    ...(byHand.length === 0 ? [] : ['\nTo run by hand, when it is known to be right:\n', ...byHand]),
    ...(sent.length === 0 ? [] : ['\nWould be sent:\n\n', sent.join('\n')]),
  ].join('');
}
