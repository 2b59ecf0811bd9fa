import type { Attachment, Holder } from '../../attachment/attachment.ts';
import { NOBODY } from '../../attachment/host-nqn.ts';
import { standingOfTag } from '../../attachment/tag-standing.ts';
import { parseComment } from '../../attachment/tag.ts';
import { holds } from '../../attachment/transitions.ts';
import type { State } from '../../state/state.ts';
import type { Subsystem } from '../ports/node.ts';
import type { Disk } from '../ports/storage-server.ts';
import { standing, usableDevice } from '../seen.ts';
import type { Situation } from './situation.ts';
import { hostNqnOf, type Sessions, type Views } from './views.ts';

/** A volume with what each side says of it. */
export interface Facts {
  readonly key: string;
  readonly attachment: Attachment | null;
  /** Null when its storage server could not be asked, or has no such disk: see `serverSeen`. */
  readonly disk: Disk | null;
  readonly serverSeen: boolean;
  readonly nvmeAddress: string;
  /** By node, those that know its subsystem. */
  readonly subsystems: ReadonlyMap<string, Subsystem>;
}

/** The situation of a volume, and the node it is about; null when the state gives it to nobody. */
export interface Judged {
  readonly situation: Situation;
  readonly node: string | null;
}

/** Puts together what is known of one volume. */
export function factsOf(views: Views, sessions: Sessions, key: string): Facts {
  const slash = key.indexOf('/');
  const server = views.servers.get(key.slice(0, slash));
  const disk = server?.disks.get(key.slice(slash + 1)) ?? null;
  const attachment = views.state.attachments[key] ?? null;
  const nqn = disk?.nqn ?? attachment?.nqn ?? null;
  return {
    key,
    attachment,
    disk,
    serverSeen: server !== undefined,
    nvmeAddress: server?.nvmeAddress ?? '',
    subsystems: (nqn === null ? undefined : sessions.get(nqn)) ?? new Map<string, Subsystem>(),
  };
}

/** Reads the facts as a value of each dimension. Pure. */
export function judge(views: Views, facts: Facts): Judged {
  const { attachment } = facts;
  const state = stateOf(attachment, views.now);
  const holder = attachment === null ? null : subjectOf(views, facts, attachment, state);
  return {
    node: holder?.node ?? null,
    situation: {
      state,
      tag: tagOf(views.state, facts),
      export: exportOf(facts),
      session: sessionOf(views, facts, holder),
      inUse: attachment !== null && inUse(facts, attachment, state, holder) ? 'yes' : 'no',
      fenced: holder === null ? 'no' : fencedOf(views.state, holder.node, facts.key),
      others: othersOf(views, facts),
    },
  };
}

function stateOf(attachment: Attachment | null, now: string): Situation['state'] {
  if (attachment === null) return 'none';
  const { phase, intent, holders, sharedUntil } = attachment;
  if (phase === 'attaching' && intent?.verb === 'share') return 'sharing';
  if (phase === 'attaching') {
    // The first attach of this node, and nobody was told that it succeeded.
    const holder = holders.find(({ node }) => node === intent?.node);
    return holder !== undefined && holder.since === intent?.since ? 'attaching' : 'reattaching';
  }
  if (phase !== 'attached' || holders.length === 1) return phase;
  return sharedUntil !== null && Date.parse(sharedUntil) > Date.parse(now) ? 'shared' : 'shared-over';
}

/** The node that the open operation is about; else the owner; of a shared volume the one that matters. */
function subjectOf(views: Views, facts: Facts, attachment: Attachment, state: Situation['state']): Holder {
  const { holders, intent } = attachment;
  const [owner] = holders;
  const of = (node: string | undefined): Holder => holders.find((one) => one.node === node) ?? owner;
  if (intent !== null) return of(intent.node);
  if (holders.length === 1) return owner;
  const fenced = holders.find(({ node }) => fencedOf(views.state, node, facts.key) !== 'no');
  if (fenced !== undefined) return fenced;
  const unseen = holders.find((holder) => sessionOf(views, facts, holder) === 'unseen');
  if (unseen !== undefined) return unseen;
  return state === 'shared-over' ? leaver(facts, holders) : owner;
}

/**
 * Who leaves a volume when the time to share it is over: whoever does not use it; when that does not decide,
 * whoever is not connected; else the older one, since the hand-off was to the newer.
 */
function leaver(facts: Facts, holders: Attachment['holders']): Holder {
  const [older, newer = older] = holders;
  const ranks = [older, newer].map(({ node }) => {
    const subsystem = facts.subsystems.get(node) ?? null;
    if ((subsystem?.uses.length ?? 0) > 0) return 2;
    return standing(subsystem, facts.nvmeAddress) === 'live' ? 1 : 0;
  });
  return (ranks[0] ?? 0) > (ranks[1] ?? 0) ? newer : older;
}

function tagOf(state: State, { key, disk, serverSeen }: Facts): Situation['tag'] {
  if (!serverSeen) return 'unseen';
  if (disk === null) return 'gone';
  return standingOfTag(state, key, parseComment(disk.comment).tag);
}

function exportOf({ attachment, disk }: Facts): Situation['export'] {
  if (disk === null || !disk.exported) return 'off';
  if (disk.allow === '') return 'any';
  if (disk.allow === NOBODY) return 'nobody';
  const owners = attachment?.phase === 'fenced' ? [] : (attachment?.holders ?? []);
  return owners.some(({ hostNqn }) => hostNqn === disk.allow) ? 'owner' : 'other';
}

function sessionOf(views: Views, facts: Facts, holder: Holder | null): Situation['session'] {
  if (holder === null) return 'none';
  if ((views.nodes.get(holder.node) ?? null) === null) return 'unseen';
  const subsystem = facts.subsystems.get(holder.node) ?? null;
  const stand = standing(subsystem, facts.nvmeAddress);
  if (stand === 'elsewhere') return 'elsewhere';
  if (stand === 'live') return usableDevice(subsystem) === null ? 'no-device' : 'live';
  const now = hostNqnOf(views, holder.node);
  if (now !== null && holder.hostNqn !== null && now !== holder.hostNqn) return 'renamed';
  return stand;
}

function inUse(
  facts: Facts,
  { holders }: Attachment,
  state: Situation['state'],
  subject: Holder | null,
): boolean {
  const used = (node: string): boolean => (facts.subsystems.get(node)?.uses.length ?? 0) > 0;
  if (state === 'shared' || state === 'shared-over') return holders.every(({ node }) => used(node));
  return subject !== null && used(subject.node);
}

export function fencedOf(state: State, node: string, key: string): Situation['fenced'] {
  const mark = state.nodes[node]?.fenced;
  if (mark == null) return 'no';
  return mark.volumes.includes(key) ? 'cut' : 'left';
}

function othersOf(views: Views, { attachment, subsystems, nvmeAddress }: Facts): Situation['others'] {
  const isOther = (node: string): boolean => attachment === null || !holds(attachment, node);
  for (const [node, subsystem] of subsystems) {
    if (isOther(node) && standing(subsystem, nvmeAddress) === 'live') return 'some';
  }
  for (const [node, view] of views.nodes) if (view === null && isOther(node)) return 'unseen';
  return 'none';
}
