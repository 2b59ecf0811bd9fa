import type { Attachment } from '../../../attachment/attachment.ts';
import type { Phase } from '../../../attachment/phase.ts';
import type { Style } from '../../output/style.ts';
import { formatTable, type TableColumn, type TableLook } from '../../output/table.ts';
import { formatAge, formatSize } from '../../output/units.ts';

interface TableOptions extends TableLook {
  /** The volume as the operator names it. */
  readonly label: (attachment: Attachment) => string;
  readonly now: Date;
}

/** Attachments as a table. */
export function attachmentTable(attachments: readonly Attachment[], options: TableOptions): string {
  return formatTable(attachmentColumns(attachments, options), attachments, options);
}

/** The columns of attachments; the storage server is one without being asked for when there are several. */
export function attachmentColumns(
  attachments: readonly Attachment[],
  { label, now, style }: Pick<TableOptions, 'label' | 'now' | 'style'>,
): readonly TableColumn<Attachment>[] {
  const several = attachments.some(({ rds }) => rds !== attachments[0]?.rds);
  const size = remembered(formatSize);
  return [
    { title: 'VOLUME', text: label },
    { title: 'RDS', text: (one: Attachment) => one.rds, wide: !several },
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
      order: ({ sizeBytes }) => sizeBytes ?? -1,
    },
    {
      title: 'AGE',
      text: ({ attachedAt }) => formatAge(attachedAt, now),
      order: ({ attachedAt }) => -Date.parse(attachedAt),
    },

    { title: 'NQN', wide: true, text: ({ nqn }) => nqn ?? '-' },
    { title: 'HOST-NQN', wide: true, text: ({ holders }) => holders[0].hostNqn ?? '-' },
    {
      title: 'TOKEN',
      wide: true,
      align: 'right',
      text: ({ token }) => String(token),
      order: ({ token }) => token,
    },
    { title: 'SINCE', wide: true, text: ({ attachedAt }) => attachedAt },
    { title: 'ADDRESS', wide: true, text: ({ transport }) => address(transport) },
    { title: 'BY', wide: true, text: ({ by }) => by },
  ];
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
