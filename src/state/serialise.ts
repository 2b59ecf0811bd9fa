import type { Attachment, Holder } from '../attachment/attachment.ts';
import type { Intent } from '../attachment/intent.ts';
import { isSealed } from './sealed.ts';
import type { FencedMark, NodeRecord, StateChange } from './state.ts';

/**
 * The body as text: keys sorted, fields in a fixed order, one attachment, token and node per line. Equal
 * bodies give equal text, whatever order their fields were put together in.
 */
export function serialiseBody(body: StateChange): string {
  return (
    '{\n' +
    `    "attachments": ${lines(body.attachments, attachmentText)},\n` +
    `    "tokens": ${lines(body.tokens, String)},\n` +
    `    "nodes": ${lines(body.nodes, nodeText)}\n` +
    '  }'
  );
}

function lines<T>(table: Readonly<Record<string, T>>, textOf: (value: T) => string): string {
  const entries = Object.entries(table);
  if (entries.length === 0) return '{}';
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{\n${entries.map(([key, value]) => `      ${JSON.stringify(key)}: ${textOf(value)}`).join(',\n')}\n    }`;
}

/** The texts of attachments that will not change: most lines of a commit are those of the one before. */
const known = new WeakMap<Attachment, string>();

/** One attachment on one line. */
export function attachmentText(attachment: Attachment): string {
  const before = known.get(attachment);
  if (before !== undefined) return before;
  const text = textOfAttachment(attachment);
  if (isSealed(attachment)) known.set(attachment, text);
  return text;
}

function textOfAttachment(it: Attachment): string {
  return JSON.stringify({
    volume: it.volume,
    rds: it.rds,
    slot: it.slot,
    phase: it.phase,
    holders: it.holders.map(holder),
    nqn: it.nqn,
    transport: it.transport && { address: it.transport.address, port: it.transport.port },
    sizeBytes: it.sizeBytes,
    attachedAt: it.attachedAt,
    by: it.by,
    sharedUntil: it.sharedUntil,
    token: it.token,
    intent: it.intent && intent(it.intent),
  } satisfies Record<keyof Attachment, unknown>);
}

function holder(it: Holder): Holder {
  return { node: it.node, hostNqn: it.hostNqn, device: it.device, since: it.since };
}

function intent(it: Intent): Intent {
  return {
    verb: it.verb,
    node: it.node,
    hostNqn: it.hostNqn,
    token: it.token,
    since: it.since,
    by: it.by,
    pid: it.pid,
  };
}

/** One node on one line. */
export function nodeText(it: NodeRecord): string {
  return JSON.stringify({
    hostNqn: it.hostNqn,
    hostId: it.hostId,
    fenced: it.fenced && mark(it.fenced),
  } satisfies NodeRecord);
}

function mark(it: FencedMark): FencedMark {
  return { since: it.since, by: it.by, reason: it.reason, volumes: it.volumes };
}
