import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { FencedMark, NodeRecord, State, StateChange } from '../state/state.ts';
import type { Attachment, Holder, Transport } from './attachment.ts';
import type { HostIdentity } from './host-nqn.ts';
import type { Intent } from './intent.ts';
import { attachedElsewhere, nodeFenced, shareLimit, unfinished } from './refusals.ts';

/**
 * The ways in which the state may change: pure functions from the newest state to the wanted one. They are
 * run under the state lock, so what they check holds at the instant of the commit. Each completion checks
 * that the open intent is still the one it completes: a process that lost its lock meanwhile fails here.
 */

/** Who works, and when: what every intent carries. */
export interface Work {
  /** RFC 3339, UTC. */
  readonly now: string;
  /** `user@host`. */
  readonly by: string;
  readonly pid: number;
}

export interface VolumeId {
  readonly key: string;
  readonly rds: string;
  readonly slot: string;
}

export interface AttachClaim {
  readonly volume: VolumeId;
  readonly node: string;
  readonly identity: HostIdentity;
  readonly nqn: string;
  readonly transport: Transport;
  readonly sizeBytes: number | null;
  /** Non-null: share it with the present owner until then (RFC 3339). */
  readonly sharedUntil: string | null;
}

/** Claims a volume for a node and opens the intent. Takes the next fencing token. */
export function beginAttach(state: State, claim: AttachClaim, work: Work): StateChange {
  const { volume, node, identity } = claim;
  const mark = state.nodes[node]?.fenced;
  if (mark) throw nodeFenced(node, mark);
  const present = state.attachments[volume.key];
  if (present?.phase === 'fencing') throw unfinished(present);
  const sharing = claim.sharedUntil !== null && present?.phase === 'attached' && !holds(present, node);
  if (present !== undefined && present.phase !== 'fenced' && !holds(present, node) && !sharing) {
    throw attachedElsewhere(present, node);
  }
  if (sharing && present.holders.length > 1) throw shareLimit(present, node);
  const token = (state.tokens[volume.key] ?? 0) + 1;
  const before = present?.phase === 'fenced' ? undefined : present;
  const mine: Holder = { node, hostNqn: identity.hostNqn, device: null, since: work.now };
  const holders = sharing
    ? ([present.holders[0], mine] as const)
    : (before?.holders.map((holder) =>
        holder.node === node ? { ...holder, hostNqn: identity.hostNqn } : holder,
      ) ?? [mine]);
  const intent: Intent = {
    verb: sharing ? 'share' : 'attach',
    node,
    hostNqn: identity.hostNqn,
    token,
    since: work.now,
    by: work.by,
    pid: work.pid,
  };
  return {
    ...withAttachment(state, {
      volume: volume.key,
      rds: volume.rds,
      slot: volume.slot,
      phase: 'attaching',
      holders: nonEmpty(holders),
      nqn: claim.nqn,
      transport: claim.transport,
      sizeBytes: claim.sizeBytes,
      attachedAt: before?.attachedAt ?? work.now,
      by: before?.by ?? work.by,
      sharedUntil: claim.sharedUntil ?? before?.sharedUntil ?? null,
      token,
      intent,
    }),
    tokens: { ...state.tokens, [volume.key]: token },
    nodes: { ...state.nodes, [node]: remembered(state.nodes[node], identity) },
  };
}

/** The node has the volume: the intent is done. */
export function completeAttach(
  state: State,
  done: { key: string; token: number; node: string; device: string },
): StateChange {
  const present = requireIntent(state, done.key, done.token);
  return withAttachment(state, {
    ...present,
    phase: 'attached',
    holders: nonEmpty(
      present.holders.map((holder) =>
        holder.node === done.node ? { ...holder, device: done.device } : holder,
      ),
    ),
    intent: null,
  });
}

/** Opens the intent to take a volume from a node. Takes the next fencing token. */
export function beginRelease(
  state: State,
  key: string,
  node: string,
  verb: 'detach' | 'fence',
  work: Work,
): StateChange {
  const present = requireAttachment(state, key);
  if (!holds(present, node)) throw lost(key);
  const token = (state.tokens[key] ?? present.token) + 1;
  const hostNqn = present.holders.find((holder) => holder.node === node)?.hostNqn ?? null;
  return {
    ...withAttachment(state, {
      ...present,
      phase: verb === 'fence' ? 'fencing' : 'detaching',
      token,
      intent: { verb, node, hostNqn, token, since: work.now, by: work.by, pid: work.pid },
    }),
    tokens: { ...state.tokens, [key]: token },
  };
}

/** The node has lost the volume, proved: another holder keeps it, or nobody has it. */
export function completeDetach(
  state: State,
  done: { key: string; token: number; node: string },
): StateChange {
  const present = requireIntent(state, done.key, done.token);
  const left = present.holders.filter((holder) => holder.node !== done.node);
  return left.length === 0 ? without(state, done.key) : withAttachment(state, kept(present, left));
}

/** The node is cut off from the volume, proved. It stays listed as fenced until it goes elsewhere. */
export function completeFence(state: State, done: { key: string; token: number; node: string }): StateChange {
  const present = requireIntent(state, done.key, done.token);
  const left = present.holders.filter((holder) => holder.node !== done.node);
  if (left.length > 0) return withAttachment(state, kept(present, left));
  return withAttachment(state, { ...present, phase: 'fenced', sharedUntil: null, intent: null });
}

/** Gives a claim up after the remote side was put back, proved. */
export function abandonAttach(
  state: State,
  undone: { key: string; token: number; node: string },
): StateChange {
  return completeDetach(state, undone);
}

/**
 * Marks a node as fenced, before anything is done to its volumes: no attach can slip in.
 * @param only the volume keys that it is to be cut off from; null = all that it holds
 */
export function markFenced(
  state: State,
  node: string,
  reason: string | null,
  work: Work,
  only: ReadonlySet<string> | null = null,
): StateChange {
  const present = state.nodes[node];
  if (present?.fenced) return state;
  const volumes = Object.values(state.attachments)
    .filter((attachment) => holds(attachment, node) && (only === null || only.has(attachment.volume)))
    .map((attachment) => attachment.volume)
    .sort();
  const fenced: FencedMark = { since: work.now, by: work.by, reason, volumes };
  return withNode(state, node, {
    hostNqn: present?.hostNqn ?? null,
    hostId: present?.hostId ?? null,
    fenced,
  });
}

/** Remembers that a fence took these volumes too (found at a storage server, not in the state). */
export function addFencedVolumes(state: State, node: string, keys: readonly string[]): StateChange {
  const present = state.nodes[node];
  if (!present?.fenced) return state;
  const volumes = [...new Set([...present.fenced.volumes, ...keys])].sort();
  if (volumes.length === present.fenced.volumes.length) return state;
  return withNode(state, node, { ...present, fenced: { ...present.fenced, volumes } });
}

/** Lifts the mark. Volumes that are still listed as fenced off this node are untracked: nobody has them. */
export function liftFence(state: State, node: string): StateChange {
  const present = state.nodes[node];
  if (!present?.fenced) return state;
  const attachments = Object.fromEntries(
    Object.entries(state.attachments).filter(
      ([, attachment]) => !(attachment.phase === 'fenced' && holds(attachment, node)),
    ),
  );
  return { ...withNode(state, node, { ...present, fenced: null }), attachments };
}

/**
 * Takes the next fencing token for a change that moves the volume to nobody else; who has it stays as it is, and
 * so does its record until {@link tokenShown}: a change that is cut short must not make the tag look outdated.
 * @param judged the last token when it was decided on: one that was given out since means another command
 */
export function nextToken(state: State, key: string, judged: number): StateChange {
  const present = state.attachments[key];
  if ((state.tokens[key] ?? 0) !== judged || (present?.intent ?? null) !== null) throw lost(key);
  return { ...state, tokens: { ...state.tokens, [key]: judged + 1 } };
}

/**
 * The storage server's tag was read back with a token that {@link nextToken} gave out: the record catches up. One
 * that somebody changed meanwhile is left as it is.
 */
export function tokenShown(state: State, key: string, token: number): StateChange {
  const present = state.attachments[key];
  const ahead = present?.intent === null && token > present.token && token <= (state.tokens[key] ?? 0);
  return ahead ? withAttachment(state, { ...present, token }) : state;
}

/**
 * Forgets a volume that is listed as fenced off a node: nobody has it.
 * @param judged its token when that was decided on: another one means another command
 */
export function forgetFenced(state: State, key: string, judged: number): StateChange {
  const present = state.attachments[key];
  if (present === undefined) return state;
  if (present.phase !== 'fenced' || present.token !== judged) throw lost(key);
  return without(state, key);
}

/** Drops a volume's record, whatever it is: only for one whose export is proved to be withdrawn. */
export function untrack(state: State, key: string): StateChange {
  return Object.hasOwn(state.attachments, key) ? without(state, key) : state;
}

/** Keeps the host NQN that a node says it has; one that is known already stays. */
export function rememberHostNqn(state: State, node: string, hostNqn: string): StateChange {
  const present = state.nodes[node] ?? { hostNqn: null, hostId: null, fenced: null };
  if (present.hostNqn !== null) return state;
  return { ...state, nodes: { ...state.nodes, [node]: { ...present, hostNqn } } };
}

/** Whether a node is one of those that hold the volume. */
export function holds(attachment: Attachment, node: string): boolean {
  return attachment.holders.some((holder) => holder.node === node);
}

function kept(present: Attachment, left: readonly Holder[]): Attachment {
  return { ...present, phase: 'attached', holders: nonEmpty(left), sharedUntil: null, intent: null };
}

function nonEmpty(holders: readonly Holder[]): readonly [Holder, ...Holder[]] {
  const [first, ...rest] = holders;
  if (first === undefined) throw new RdsctlError('INTERNAL', { message: 'an attachment without a holder' });
  return [first, ...rest];
}

function remembered(present: NodeRecord | undefined, identity: HostIdentity): NodeRecord {
  return { hostNqn: identity.hostNqn, hostId: identity.hostId, fenced: present?.fenced ?? null };
}

function withAttachment(state: StateChange, attachment: Attachment): StateChange {
  return {
    attachments: { ...state.attachments, [attachment.volume]: attachment },
    tokens: state.tokens,
    nodes: state.nodes,
  };
}

function withNode(state: StateChange, node: string, record: NodeRecord): StateChange {
  return { attachments: state.attachments, tokens: state.tokens, nodes: { ...state.nodes, [node]: record } };
}

function without(state: StateChange, key: string): StateChange {
  const attachments = Object.fromEntries(
    Object.entries(state.attachments).filter(([other]) => other !== key),
  );
  return { attachments, tokens: state.tokens, nodes: state.nodes };
}

function requireAttachment(state: State, key: string): Attachment {
  const present = state.attachments[key];
  if (present === undefined) throw lost(key);
  return present;
}

function requireIntent(state: State, key: string, token: number): Attachment {
  const present = requireAttachment(state, key);
  if (present.intent?.token !== token) throw lost(key);
  return present;
}

function lost(key: string): RdsctlError {
  return new RdsctlError('LOST_LOCK', {
    message: `${key} was taken over by another command while this one was at it`,
    now: 'The state was left as the other command wrote it.',
    hints: [{ when: 'See what holds now:', run: `rdsctl show ${key}` }],
    details: { volume: key },
  });
}
