import type { Applied, ApplyResult } from '../../../operations/apply/apply.ts';
import type { Change, Plan } from '../../../operations/apply/plan.ts';
import { formatColumns, type Column } from '../../output/columns.ts';
import { sortNaturally } from '../../output/natural-order.ts';
import type { Style } from '../../output/style.ts';

const SIGNS = { attach: '+', detach: '-', move: '~' } as const;

function columns<T>(changeOf: (row: T) => Change): Column<T>[] {
  return [
    {
      title: '',
      text: (row) => SIGNS[changeOf(row).action],
      paint: (padded, row, style) => painted(padded, changeOf(row), style),
    },
    { title: 'VOLUME', text: (row) => changeOf(row).slot },
    { title: 'RDS', text: (row) => changeOf(row).rds },
    { title: 'NODE', text: (row) => where(changeOf(row)) },
  ];
}

/** What a plan does, one line a volume. */
export function diffText(changes: readonly Change[], style: Style): string {
  if (changes.length === 0) return 'Nothing to do: the attachments are as the manifest says.\n';
  const note: Column<Change> = { title: 'NOTE', text: (change) => change.note ?? '' };
  const rows = sortNaturally(changes, ({ key }) => key);
  return formatColumns([...columns((change: Change) => change), note], rows, style);
}

/** What came of a plan. */
export function resultText(plan: Plan, { applied, failure }: ApplyResult, style: Style): string {
  if (applied.length === 0) return diffText([], style);
  const rows = sortNaturally(applied, ({ change }) => change.key);
  const table = formatColumns<Applied>(
    [
      ...columns(({ change }: Applied) => change),
      {
        title: 'RESULT',
        text: ({ result }) => result,
        paint: (padded, { result }) => (result === 'failed' ? style.bad(padded) : style.good(padded)),
      },
      { title: 'NOTE', text: ({ device, error }) => error?.message ?? device ?? '' },
    ],
    rows,
    style,
  );
  const failed = applied.filter(({ error }) => error !== null).length;
  const tail = failure === null ? '' : `, ${style.bad(`${failed} failed`)}`;
  return `${table}${applied.length - failed} changed, ${plan.unchanged} as they were${tail}\n`;
}

function where({ action, from, node }: Change): string {
  if (action === 'move') return `${from.join(',')} -> ${node ?? ''}`;
  return node ?? from.join(',');
}

function painted(text: string, { action }: Change, style: Style): string {
  if (action === 'attach') return style.good(text);
  return action === 'detach' ? style.bad(text) : style.caution(text);
}
