import { RdsctlError, type Hint } from '../errors/rdsctl-error.ts';
import type { FencedMark } from '../state/state.ts';
import type { Attachment } from './attachment.ts';
import { UNKNOWN_HOST } from './names.ts';

/** The refusals that come from the state alone, worded for the operator. */

/** `2026-11-20 14:03` in UTC, for messages. */
export function minute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;
}

export function attachedElsewhere(present: Attachment, node: string): RdsctlError {
  const owner = present.holders.map((holder) => holder.node).join(' and ');
  const first = present.holders[0].node;
  const { slot } = present;
  const open = present.intent !== null;
  const message = open
    ? `${slot} is ${present.phase} on ${owner} since ${minute(present.intent.since)} (by ${present.intent.by}), and that was not finished`
    : `${slot} is attached to ${owner} since ${minute(present.attachedAt)} (by ${present.by})`;
  return new RdsctlError('ATTACHED_ELSEWHERE', {
    message,
    now: 'Nothing was changed.',
    hints: [
      ...whatElse(present, node),
      { when: `If ${first} is dead, cut it off first:`, run: `rdsctl fence ${first}` },
    ],
    details: {
      volume: present.volume,
      node,
      owner: first,
      holders: present.holders.map((holder) => holder.node),
      phase: present.phase,
      since: present.attachedAt,
      by: present.by,
    },
  });
}

function whatElse({ slot, phase, intent }: Attachment, node: string): Hint[] {
  if (phase === 'fencing') return []; // detach refuses it as well: only finishing the fence is safe
  if (intent !== null) return [{ when: 'To undo what was begun:', run: `rdsctl detach ${slot}` }];
  return [{ when: 'To move it:', run: `rdsctl move ${slot} ${node}` }];
}

/** Two nodes hold it: a third is one too many. */
export function shareLimit(present: Attachment, node: string): RdsctlError {
  const holders = present.holders.map((holder) => holder.node);
  return new RdsctlError('SHARE_LIMIT', {
    message: `${present.slot} is shared by ${holders.join(' and ')} already`,
    now: 'Nothing was changed.',
    hints: [
      { when: 'When one of them has let go:', run: `rdsctl detach ${present.slot} ${holders[0] ?? ''}` },
    ],
    details: { volume: present.volume, node, holders },
  });
}

export function nodeFenced(node: string, mark: FencedMark): RdsctlError {
  return new RdsctlError('NODE_FENCED', {
    message: `${node} is fenced since ${minute(mark.since)} (by ${mark.by}${mark.reason === null ? '' : `: ${mark.reason}`})`,
    now: 'Nothing was changed.',
    hints: [{ when: `When ${node} is in order again:`, run: `rdsctl unfence ${node}` }],
    details: { node, since: mark.since, by: mark.by, reason: mark.reason },
  });
}

/** A fence that was begun and not finished: only finishing it is safe. */
export function unfinished(present: Attachment): RdsctlError {
  const node = present.intent?.node ?? present.holders[0].node;
  if (node === UNKNOWN_HOST) return notWithdrawn(present);
  return new RdsctlError('OPEN_INTENT', {
    message: `a fence of ${node} was begun on ${present.slot} and was not finished`,
    now: `Nothing was changed. Treat ${node} as still connected.`,
    hints: [{ when: 'To finish it:', run: `rdsctl fence ${node}` }],
    details: { volume: present.volume, node, phase: present.phase },
  });
}

/** An export that nobody had was withdrawn, and it was not proved that nothing of its sessions is in flight. */
function notWithdrawn({ volume, slot, phase }: Attachment): RdsctlError {
  return new RdsctlError('OPEN_INTENT', {
    message: `ending what was left of an export of ${slot} was begun and was not finished`,
    now: `Nothing was changed. An old write may still land on ${slot}.`,
    hints: [{ when: 'To finish it:', run: 'rdsctl reconcile' }],
    details: { volume, node: null, phase },
  });
}
