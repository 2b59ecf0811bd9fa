import type { Attachment } from '../../../attachment/attachment.ts';
import type { Phase } from '../../../attachment/phase.ts';
import { formatColumns, type Column } from '../../output/columns.ts';
import type { Style } from '../../output/style.ts';
import { formatAge, formatSize } from '../../output/units.ts';

interface TableOptions {
  /** The volume as the operator names it. */
  readonly label: (attachment: Attachment) => string;
  readonly now: Date;
  readonly wide: boolean;
  readonly style: Style;
}

/** Attachments as a table; the storage server gets a column when there are several. */
export function attachmentTable(
  attachments: readonly Attachment[],
  { label, now, wide, style }: TableOptions,
): string {
  const several = attachments.some(({ rds }) => rds !== attachments[0]?.rds);
  const size = remembered(formatSize);
  const columns: Column<Attachment>[] = [
    { title: 'VOLUME', text: label },
    ...(several || wide ? [{ title: 'RDS', text: (one: Attachment) => one.rds }] : []),
    { title: 'NODE', text: nodes },
    {
      title: 'PHASE',
      text: ({ phase }) => phase,
      paint: (text, { phase }) => paintPhase(text, phase, style),
    },
    { title: 'DEVICE', text: ({ holders }) => holders[0].device ?? '-' },
    {
      title: 'SIZE',
      align: 'right',
      text: ({ sizeBytes }) => (sizeBytes === null ? '-' : size(sizeBytes)),
    },
    { title: 'AGE', text: ({ attachedAt }) => formatAge(attachedAt, now) },
  ];
  if (wide) {
    columns.push(
      { title: 'NQN', text: ({ nqn }) => nqn ?? '-' },
      { title: 'HOST-NQN', text: ({ holders }) => holders[0].hostNqn ?? '-' },
      { title: 'TOKEN', align: 'right', text: ({ token }) => String(token) },
      { title: 'SINCE', text: ({ attachedAt }) => attachedAt },
      { title: 'ADDRESS', text: ({ transport }) => address(transport) },
      { title: 'BY', text: ({ by }) => by },
    );
  }
  return formatColumns(columns, attachments, style);
}

/** Volumes come in a few sizes. */
function remembered(format: (bytes: number) => string): (bytes: number) => string {
  const known = new Map<number, string>();
  return (bytes) => {
    let text = known.get(bytes);
    if (text === undefined) known.set(bytes, (text = format(bytes)));
    return text;
  };
}

function nodes({ holders }: Attachment): string {
  return holders.length === 1 ? holders[0].node : holders.map(({ node }) => node).join(',');
}

function address(transport: Attachment['transport']): string {
  if (transport === null) return '-';
  const host = transport.address.includes(':') ? `[${transport.address}]` : transport.address;
  return `${host}:${transport.port}`;
}

/** Green is well, red needs somebody, yellow is on its way. */
export function paintPhase(text: string, phase: Phase, style: Style): string {
  if (phase === 'attached') return style.good(text);
  return phase === 'fenced' ? style.bad(text) : style.caution(text);
}
