import { parseComment } from '../../src/attachment/tag.ts';
import type { Attachment } from '../../src/attachment/attachment.ts';
import type { SimulatorEvent } from '../../src/simulator/events.ts';
import type { State } from '../../src/state/state.ts';
import { GroundTruth } from './ground-truth.ts';
import { contradictions, type Told } from './told.ts';

/** A law that does not hold, and how that shows. */
export interface Finding {
  readonly law: 'one writer' | 'late write' | 'said otherwise' | 'unclaimed' | 'not so';
  /** `rds/slot`. */
  readonly volume: string;
  readonly what: string;
}

/** What the target of a storage server does with a volume, and the comment of its disk. */
interface TrueDisk {
  readonly exported: boolean;
  readonly allow: string;
  readonly comment: string;
}

/** Every disk that anything was ever done to, as it is after the last event. */
function disksOf(events: readonly SimulatorEvent[]): Map<string, TrueDisk> {
  const disks = new Map<string, TrueDisk>();
  for (const { event, rds, volume, allow, comment } of events) {
    const change: Partial<TrueDisk> | null =
      event === 'export-on'
        ? { exported: true, allow: allow ?? '' }
        : event === 'export-off'
          ? { exported: false }
          : event === 'allow-changed'
            ? { allow: allow ?? '' }
            : event === 'comment-changed'
              ? { comment: comment ?? '' }
              : null;
    if (change === null) continue;
    const key = `${rds ?? '?'}/${volume ?? '?'}`;
    disks.set(key, { ...(disks.get(key) ?? { exported: false, allow: '', comment: '' }), ...change });
  }
  return disks;
}

export interface Evidence {
  readonly events: readonly SimulatorEvent[];
  readonly told: readonly Told[];
  /** Volumes on which two nodes are meant to have sessions at once: under --shared, or by hand. */
  readonly twoAllowed?: readonly string[];
}

/** What must hold at every instant, also while commands run. */
export function findingsOfEvents({ events, told, twoAllowed = [] }: Evidence): Finding[] {
  const truth = new GroundTruth(events);
  return [
    ...truth.twoWriters
      .filter(({ volume }) => !twoAllowed.includes(volume))
      .map(({ volume, hostNqns, seq }) => ({
        law: 'one writer' as const,
        volume,
        what: `from event ${seq} on ${hostNqns.join(' and ')} had sessions at once`,
      })),
    ...truth.lateWrites.map((event) => ({
      law: 'late write' as const,
      volume: `${event.rds ?? '?'}/${event.volume ?? '?'}`,
      what: `a write of ${event.hostNqn ?? '?'} landed with event ${event.seq}, when another host was in`,
    })),
    ...contradictions(truth, told).map(({ told: said, session }) => ({
      law: 'said otherwise' as const,
      volume: session.volume,
      what: `${session.node} had a session from event ${session.opened} to ${session.closed}, although "${said}" had succeeded`,
    })),
  ];
}

/** Law 2: who may be connected is claimed. A fenced claim is proof that nobody is. For when no command runs. */
export function unclaimed(
  events: readonly SimulatorEvent[],
  state: State,
  byHand: readonly string[] = [],
): Finding[] {
  return new GroundTruth(events).open
    .filter(({ volume, hostNqn }) => {
      const claim = state.attachments[volume];
      const holders = claim?.phase === 'fenced' ? [] : (claim?.holders ?? []);
      return !byHand.includes(volume) && !holders.some((holder) => holder.hostNqn === hostNqn);
    })
    .map(({ volume, node }) => ({
      law: 'unclaimed',
      volume,
      what: `${node} has a session, and the state does not say so`,
    }));
}

/**
 * What the state calls done must be so at the storage server: attached is granted to that very node, anything
 * else that is not under way is granted to nobody. For when no command runs and nobody changed anything by hand.
 */
export function notSo(events: readonly SimulatorEvent[], state: State): Finding[] {
  const found: Finding[] = [];
  for (const [volume, disk] of disksOf(events)) {
    const claim = state.attachments[volume];
    if (claim?.intent != null) continue;
    const what = claim === undefined ? notFree(disk, state, volume) : notAsClaimed(disk, state, claim);
    if (what !== null) found.push({ law: 'not so', volume, what });
  }
  return found;
}

function notFree(disk: TrueDisk, state: State, volume: string): string | null {
  const { tag } = parseComment(disk.comment);
  // Never touched: whatever it is, it is not ours.
  if (tag === null || tag === 'unreadable' || tag.lineage !== state.lineage) return null;
  if (tag.token > (state.tokens[volume] ?? 0)) return `its token is ${tag.token}, which was never given out`;
  if (disk.exported) return 'it is exported, and the state calls it attached nowhere';
  return tag.owners.length === 0 ? null : `its tag names ${tag.owners.join(' and ')}`;
}

function notAsClaimed(disk: TrueDisk, state: State, claim: Attachment): string | null {
  const { tag } = parseComment(disk.comment);
  if (claim.phase === 'fenced') return disk.exported ? 'it is exported, and the state calls it fenced' : null;
  if (!disk.exported) return `it is not exported, and the state calls it ${claim.phase}`;
  const [owner] = claim.holders;
  const allow = claim.holders.length > 1 ? '' : owner.hostNqn;
  if (disk.allow !== allow) return `it is granted to ${disk.allow || 'any host'}, not to ${owner.node}`;
  if (tag === null || tag === 'unreadable') return 'it has no tag';
  // An admission of the owner alone that was cut short leaves its record behind the tag, never before it.
  const given = tag.token >= claim.token && tag.token <= (state.tokens[claim.volume] ?? 0);
  if (tag.lineage !== state.lineage || !given) {
    return `its tag has token ${tag.token} of lineage ${tag.lineage}, the state ${claim.token} of ${state.lineage}`;
  }
  const holders = claim.holders.map(({ node }) => node);
  return tag.owners.join(' ') === holders.join(' ') ? null : `its tag names ${tag.owners.join(' and ')}`;
}
