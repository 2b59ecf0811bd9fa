import { closest } from 'fastest-levenshtein';
import { volumeKey } from '../../attachment/names.ts';
import { holds } from '../../attachment/transitions.ts';
import type { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { State } from '../../state/state.ts';
import type { OperationContext } from '../context.ts';
import type { ServerView } from '../ports/storage-server.ts';
import type { MayTouch } from '../resolve.ts';
import { survey, type Answer } from '../survey.ts';
import type { Wish } from './plan.ts';

/** An attachment as somebody wrote it down. */
export interface WrittenWish {
  /** The storage server; null = whichever has the slot. */
  readonly rds: string | null;
  readonly slot: string;
  readonly node: string;
}

/** Something that a wish names and that is not there. */
export interface WishProblem {
  /** Which of the wishes. */
  readonly index: number;
  readonly field: 'volume' | 'rds' | 'node';
  readonly message: string;
}

export interface ResolvedWishes {
  readonly wishes: readonly Wish[];
  readonly problems: readonly WishProblem[];
}

/**
 * Finds the volumes that are meant, and everything that is named and is not there. What the state has where it
 * is wished to be is there; for anything else the storage servers that may have it are asked, once each. One that
 * can't be asked is no proof that a volume is missing: attaching it will tell.
 * @throws RdsctlError UNREACHABLE kinds when it takes that answer to know which volume is meant
 */
export async function resolveWishes(
  context: OperationContext,
  written: readonly WrittenWish[],
  mayTouch: MayTouch,
): Promise<ResolvedWishes> {
  const state = await context.manager.state();
  const configured = Object.keys(context.config.storageServers);
  const problems: WishProblem[] = [];
  const candidates = written.map((wish, index) => {
    nodeProblem(context, wish, index, problems);
    return serversOf(state, configured, wish, index, mayTouch, problems);
  });
  const open = written.map((wish, index) => !holdsAlready(state, wish, candidates[index] ?? []));
  const ask = new Set(candidates.flatMap((servers, index) => (open[index] === true ? servers : [])));
  const answers =
    ask.size === 0 || problems.length > 0
      ? new Map<string, Answer<ServerView>>()
      : (await survey(context, { servers: [...ask], nodes: [] })).servers;
  const slots = new Map(
    [...answers].map(([rds, { view }]) => [rds, new Set((view?.disks ?? []).map(({ slot }) => slot))]),
  );
  const wishes: Wish[] = [];
  const first = new Map<string, number>();
  for (const [index, wish] of written.entries()) {
    const servers = candidates[index] ?? [];
    const rds =
      open[index] !== true || problems.some((one) => one.index === index)
        ? servers[0]
        : found(wish, index, servers, answers, slots, problems);
    if (rds === undefined) continue;
    const key = volumeKey(rds, wish.slot);
    const before = first.get(key);
    if (before !== undefined) {
      problems.push({
        index,
        field: 'volume',
        message: `is ${key}, which stands there before (entry ${before + 1}): a volume has one place`,
      });
    } else {
      first.set(key, index);
      wishes.push({ volume: { key, rds, slot: wish.slot }, node: wish.node });
    }
  }
  return { wishes, problems };
}

function nodeProblem(
  context: OperationContext,
  { node }: WrittenWish,
  index: number,
  problems: WishProblem[],
): void {
  const known = Object.keys(context.config.nodes);
  if (!known.includes(node)) {
    problems.push({
      index,
      field: 'node',
      message: `the configuration names no node ${shown(node)}${near(node, known)}`,
    });
  }
}

/** The storage servers that may have the volume: the one that is said, the one that the state has it on, or all. */
function serversOf(
  state: State,
  configured: readonly string[],
  { rds, slot }: WrittenWish,
  index: number,
  mayTouch: MayTouch,
  problems: WishProblem[],
): string[] {
  if (rds !== null && !configured.includes(rds)) {
    const message = `the configuration names no storage server ${shown(rds)}${near(rds, configured)}`;
    problems.push({ index, field: 'rds', message });
    return [];
  }
  const may = (rds === null ? configured : [rds]).filter((server) => mayTouch(server, slot));
  if (may.length === 0) {
    const message = `rdsctl may not touch ${shown(slot)} there: the configuration's volumes do not name it`;
    problems.push({ index, field: 'volume', message });
  }
  if (may.length < 2) return may;
  const tracked = may.filter((server) => state.attachments[volumeKey(server, slot)] !== undefined);
  return tracked.length === 1 ? tracked : may;
}

function holdsAlready(state: State, { slot, node }: WrittenWish, servers: readonly string[]): boolean {
  const [rds] = servers;
  const present =
    rds === undefined || servers.length > 1 ? undefined : state.attachments[volumeKey(rds, slot)];
  return present !== undefined && holds(present, node);
}

/** The one storage server that has the slot. */
function found(
  { slot }: WrittenWish,
  index: number,
  servers: readonly string[],
  answers: ReadonlyMap<string, Answer<ServerView>>,
  slots: ReadonlyMap<string, ReadonlySet<string>>,
  problems: WishProblem[],
): string | undefined {
  const silent = servers.flatMap((rds): RdsctlError[] => {
    const error = answers.get(rds)?.error ?? null;
    return error === null ? [] : [error];
  });
  const [only] = servers;
  if (servers.length === 1 && silent.length > 0) return only;
  if (silent[0] !== undefined)
    throw silent[0].with({ now: `Nothing was changed: which storage server has ${slot} can not be told.` });
  const having = servers.filter((rds) => slots.get(rds)?.has(slot) === true);
  if (having.length === 1) return having[0];
  if (answers.size === 0) return undefined;
  const known = servers.flatMap((rds) => [...(slots.get(rds) ?? [])]);
  problems.push({
    index,
    field: 'volume',
    message:
      having.length === 0
        ? `no volume ${shown(slot)} on ${servers.join(', ')}${near(slot, known)}`
        : `${shown(slot)} is a volume of ${having.join(' and ')}: write ${having.map((rds) => `${rds}/${slot}`).join(' or ')}`,
  });
  return undefined;
}

function near(name: string, known: readonly string[]): string {
  return known.length === 0 ? '' : `: did you mean ${closest(name, [...known])}?`;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
