import * as v from 'valibot';
import type { CrowdSize } from './crowd-plan.ts';
import type { Went } from './crowd.ts';
import { effects, type Effect, type Invocation } from './linearizable.ts';

/** A list is whole when every row is one of these. */
const List = v.object({
  apiVersion: v.literal('rdsctl/v1'),
  kind: v.literal('AttachmentList'),
  items: v.array(
    v.looseObject({
      volume: v.pipe(v.string(), v.regex(/^vol-\d+$/)),
      rds: v.literal('rds1'),
      node: v.pipe(v.string(), v.regex(/^node-\d+$/)),
      phase: v.picklist(['attaching', 'attached', 'detaching', 'fencing', 'fenced']),
      fencingToken: v.pipe(v.number(), v.integer(), v.minValue(1)),
    }),
  ),
});
type Row = v.InferOutput<typeof List>['items'][number];

/** What a move says of where the volume was. */
const Moved = v.looseObject({ from: v.array(v.string()) });

/** What a crowd did to each volume, as the callers saw it; and lists that were torn. */
export function historiesOf(
  went: readonly Went[],
  size: CrowdSize,
): { histories: Map<string, Invocation[]>; torn: string[] } {
  const volumes = Array.from({ length: size.volumes }, (_, index) => `vol-${index + 1}`);
  const histories = new Map(volumes.map((volume) => [volume, [] as Invocation[]]));
  const torn: string[] = [];
  for (const each of went) {
    const [verb = '', first = '', second = ''] = each.argv;
    if (verb === 'list') {
      const rows = rowsOf(each, torn);
      for (const volume of volumes) {
        const row = rows?.find((item) => item.volume === volume);
        if (rows !== null) histories.get(volume)?.push(reading(each, row));
      }
    } else if (verb === 'fence' || verb === 'unfence') {
      for (const volume of volumes) histories.get(volume)?.push(...nodeWide(each, verb, first));
    } else histories.get(first)?.push(...ofVolume(each, verb, second));
  }
  return { histories, torn };
}

function rowsOf({ argv, outcome }: Went, torn: string[]): readonly Row[] | null {
  if (outcome === null) return null;
  // In the middle of an election nobody knows: that is said, and no list is shown.
  if (outcome.code === 6 && outcome.stdout === '') return null;
  try {
    const { items } = v.parse(List, outcome.json());
    if (new Set(items.map(({ volume }) => volume)).size !== items.length)
      throw new Error('a volume is there twice');
    if (outcome.code !== 0) throw new Error(`exit ${outcome.code}`);
    return items;
  } catch (error) {
    torn.push(
      `${argv.join(' ')} was not whole: ${(error as Error).message}: ${outcome.stdout}${outcome.stderr}`,
    );
    return null;
  }
}

/** What a list says of a volume. A row that is under way says nothing of who has it. */
function reading(each: Went, row: Row | undefined): Invocation {
  const read = row === undefined ? 'nobody' : `${row.phase} ${row.node} ${row.fencingToken}`;
  const seen = (effect: Effect): Invocation => ({
    ...certain(each, effect),
    what: described(each, read).what,
  });
  if (row === undefined || row.phase === 'fenced') return seen(effects.seen(({ holder }) => holder === null));
  if (row.phase === 'attached') return seen(effects.seen(({ holder }) => holder === row.node));
  return seen((state) => state);
}

function ofVolume(each: Went, verb: string, node: string): Invocation[] {
  const { outcome } = each;
  const mayHave =
    verb === 'detach'
      ? [effects.release()]
      : verb === 'attach'
        ? [effects.attach(node)]
        : [effects.release(), effects.attach(node)];
  if (outcome === null) return mayHave.map((effect) => perhaps(each, effect));
  if (outcome.code === 0) {
    if (verb === 'attach') return [certain(each, effects.attach(node))];
    if (verb === 'move') return moved(each, node);
    const unchanged = outcome.json()['changed'] === false;
    return [certain(each, unchanged ? effects.seen(({ holder }) => holder === null) : effects.release())];
  }
  const { reason, message } = outcome.error();
  if (reason === 'NODE_FENCED' && untouched(message)) {
    return [
      certain(
        each,
        effects.seen(({ fenced }) => fenced.includes(node)),
      ),
    ];
  }
  if (reason === 'ATTACHED_ELSEWHERE' && untouched(message)) {
    return [
      certain(
        each,
        effects.seen(({ holder }) => holder !== null && holder !== node),
      ),
    ];
  }
  return untouched(message) ? [] : mayHave.map((effect) => perhaps(each, effect));
}

/** Two instants: off the node that had it, then to the other one. In between nobody has it. */
function moved(each: Went, node: string): Invocation[] {
  const from = v.parse(Moved, each.outcome?.json()).from.filter((other) => other !== node);
  return [...from.map((other) => certain(each, effects.leave(other))), certain(each, effects.attach(node))];
}

function nodeWide(each: Went, verb: 'fence' | 'unfence', node: string): Invocation[] {
  const mayHave = verb === 'fence' ? [effects.mark(node), effects.cut(node)] : [effects.unmark(node)];
  const { outcome } = each;
  if (outcome?.code === 0) return mayHave.map((effect) => certain(each, effect));
  if (outcome !== null && untouched(outcome.error()['message'])) return [];
  return mayHave.map((effect) => perhaps(each, effect));
}

function untouched(message: unknown): boolean {
  return String(message).includes('Nothing was changed');
}

function certain(each: Went, effect: Effect): Invocation {
  return { ...described(each), end: each.end, optional: false, effect };
}

function perhaps(each: Went, effect: Effect): Invocation {
  return { ...described(each), end: Infinity, optional: true, effect };
}

function described({ argv, start, end, outcome }: Went, read?: string) {
  const reason = outcome === null ? 'killed' : outcome.code === 0 ? 'ok' : String(outcome.error()['reason']);
  const when = `${Math.round(start)} to ${Math.round(end)} ms`;
  return { what: `${argv.join(' ')} (${read ?? reason}, ${when})`, start };
}
