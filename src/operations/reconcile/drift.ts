import { NOBODY } from '../../attachment/host-nqn.ts';
import { UNKNOWN_HOST } from '../../attachment/names.ts';
import { holds } from '../../attachment/transitions.ts';
import { parseComment } from '../../attachment/tag.ts';
import { describeDeadMounts, umountLine } from '../dead-mounts.ts';
import { describeUse, standing, usableDevice } from '../seen.ts';
import { factsOf, fencedOf, judge, type Facts } from './judge.ts';
import { ruleFor } from './rules.ts';
import { DEAD_MOUNT, EXPORTED_AGAIN, MOUNTED, WITHDRAWN } from './rules/beside.ts';
import type { Repair, Rule } from './rules/rule.ts';
import type { StrangerSituation } from './situation.ts';
import { strangerRuleFor } from './stranger-rules.ts';
import { hostNqnOf, sessionsOf, type Sessions, type Views } from './views.ts';

/** One thing in which state, storage server and nodes disagree. Plain data. */
export interface Drift {
  readonly kind: string;
  /** The volume's key; null when it is about none, but about the storage server. */
  readonly volume: string | null;
  readonly rds: string;
  /** The node it is about; null when it is about none. */
  readonly node: string | null;
  readonly meaning: string;
  /** What may be done unasked; null = nothing. */
  readonly repair: Repair | null;
  /** What to run by hand. */
  readonly command: string;
  /** Facts for machines. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** How a volume is named to the operator: with its storage server only where there are several. */
export type LabelOf = (key: string) => string;

/** The drift of one volume; empty when all that was seen agrees. Pure. */
export function driftOf(views: Views, sessions: Sessions, key: string, labelOf: LabelOf): Drift[] {
  const facts = factsOf(views, sessions, key);
  const judged = judge(views, facts);
  const { situation } = judged;
  const ending = judged.node === UNKNOWN_HOST ? endingOf(facts) : null;
  const node = ending === null ? judged.node : null;
  const rule = ending ?? ruleFor(situation);
  const found: Drift[] = [];
  if (rule.kind !== null) {
    found.push(drift(rule, rule.kind, facts, node, labelOf, { situation, ...seen(facts, node) }));
  }
  if (facts.disk === null) return found;
  for (const stranger of strangersOf(views, facts)) {
    const { rule: strange, node: holder, situation: theirs } = stranger;
    found.push(
      drift(strange, strange.kind ?? '', facts, holder, labelOf, {
        situation: theirs,
        ...seen(facts, holder),
      }),
    );
  }
  const wanted = facts.disk.exported || (facts.attachment !== null && facts.attachment.phase !== 'fenced');
  if (facts.disk.mountFilesystem === true && wanted) {
    found.push(drift(MOUNTED, 'mounted-by-server', facts, node, labelOf, {}));
  }
  return [...found, ...deadMounts(facts, labelOf)];
}

/** On the nodes that have the volume: what a node that was cut off still mounts is looked at by `unfence`. */
function deadMounts(facts: Facts, labelOf: LabelOf): Drift[] {
  const { attachment, subsystems } = facts;
  if (attachment === null || attachment.phase === 'fenced') return [];
  return attachment.holders.flatMap(({ node }) => {
    const subsystem = subsystems.get(node);
    const dead = subsystem?.deadMounts ?? [];
    if (subsystem === undefined || dead.length === 0) return [];
    const device = usableDevice(subsystem)?.path ?? null;
    const words = {
      mounts: describeDeadMounts(dead),
      umount: umountLine(dead),
      device: device ?? 'its new device',
    };
    return [drift(DEAD_MOUNT, 'dead-mount', facts, node, labelOf, { deadMounts: dead, device }, words)];
  });
}

/** Every volume that has drift. Pure. */
export function allDrift(views: Views, keys: readonly string[], labelOf: LabelOf): Map<string, Drift[]> {
  const sessions = sessionsOf(views);
  const found = new Map<string, Drift[]>();
  for (const key of keys) {
    const each = driftOf(views, sessions, key, labelOf);
    if (each.length > 0) found.set(key, each);
  }
  return found;
}

function endingOf({ disk }: Facts): Rule | null {
  if (disk === null) return null;
  return disk.exported && disk.allow !== NOBODY ? EXPORTED_AGAIN : WITHDRAWN;
}

function strangersOf(views: Views, facts: Facts) {
  const { key, attachment, disk, nvmeAddress, subsystems } = facts;
  if (disk === null) return [];
  const { tag } = parseComment(disk.comment);
  const ours = tag !== null && tag !== 'unreadable' && tag.lineage === views.state.lineage;
  const held = attachment !== null && attachment.phase !== 'fenced';
  return [...subsystems].flatMap(([node, subsystem]) => {
    const stand = standing(subsystem, nvmeAddress);
    const itsOwn = held && holds(attachment, node);
    if (itsOwn || stand === 'none' || stand === 'elsewhere') return [];
    const allowed = disk.allow === '' || disk.allow === hostNqnOf(views, node);
    const situation: StrangerSituation = {
      managed: attachment !== null || ours ? 'yes' : 'no',
      held: held ? 'yes' : 'no',
      export: !disk.exported ? 'off' : allowed ? 'this node' : 'others',
      session: stand,
      inUse: subsystem.uses.length > 0 ? 'yes' : 'no',
      fenced: fencedOf(views.state, node, key),
    };
    return [{ node, situation, rule: strangerRuleFor(situation) }];
  });
}

function drift(
  rule: Pick<Rule, 'meaning' | 'repair' | 'command'>,
  kind: string,
  { key, disk, attachment }: Facts,
  node: string | null,
  labelOf: LabelOf,
  details: Drift['details'],
  more: Readonly<Record<string, string>> = {},
): Drift {
  const slash = key.indexOf('/');
  const words: Readonly<Record<string, string>> = {
    volume: labelOf(key),
    node: node ?? 'nobody',
    nqn: disk?.nqn ?? attachment?.nqn ?? '',
    rds: key.slice(0, slash),
    slot: key.slice(slash + 1),
    ...more,
  };
  const filled = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => words[name] ?? whole);
  return {
    kind,
    volume: key,
    rds: key.slice(0, slash),
    node,
    meaning: filled(rule.meaning),
    repair: rule.repair,
    command: filled(rule.command),
    details,
  };
}

/** What the sides said, for the report. */
function seen({ disk, attachment, subsystems }: Facts, node: string | null): Drift['details'] {
  const subsystem = node === null ? undefined : subsystems.get(node);
  return {
    phase: attachment?.phase ?? null,
    intent: attachment?.intent ?? null,
    exported: disk?.exported ?? null,
    allow: disk?.allow ?? null,
    comment: disk === null ? null : Buffer.from(disk.comment, 'latin1').toString('utf8'),
    controllers: (subsystem?.controllers ?? []).map(({ name, state }) => ({ name, state })),
    uses: (subsystem?.uses ?? []).map(describeUse),
  };
}
