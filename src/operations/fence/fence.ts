import { markFenced } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Lock } from '../../state/lock.ts';
import type { State } from '../../state/state.ts';
import { audited, type Trail } from '../audited.ts';
import { checkpoint, step, workOf, type OperationContext } from '../context.ts';
import { blockNode } from '../firewall/block.ts';
import { asItems, type Items } from '../items.ts';
import { lockOptions } from '../locking.ts';
import { resolveVolume, type MayTouch } from '../resolve.ts';
import { lookAtVolume } from '../seen.ts';
import { cutHeld } from './cut-held.ts';
import { entry, failedEntry } from './cut.ts';
import { saysOfKeepers } from './kept.ts';
import { knownNode } from './known-node.ts';
import { learnedTargets } from './learn-host-nqn.ts';
import { askNode, dropOnNode } from './node-side.ts';
import { distrustedServers, type Distrusted } from './distrust.ts';
import { openExports } from './open-exports.ts';
import { proofNotes } from './proof-notes.ts';
import { failureOf, type FencedVolume, type FenceReport } from './report.ts';
import { findTargets, lookAgain, type Target } from './targets.ts';

export interface FenceRequest {
  readonly node: string;
  /** Only these; empty = all of the node's. */
  readonly volumes: readonly string[];
}

/**
 * Cuts a node off from its volumes at the storage servers, without needing the node. The node is marked
 * first, so that no attach can slip in; then each volume's list is changed, its export ended, read back and
 * drained; then the node, if it answers, is told to drop its dead controllers.
 * @returns what it came to, volume by volume; `failure` is set when any of it is not proved
 * @throws RdsctlError before anything was done: NO_SUCH_NODE, STATE_*
 */
export async function fence(
  context: OperationContext,
  request: FenceRequest,
  mayTouch: MayTouch,
): Promise<FenceReport> {
  return audited(context, 'fence', { volume: null, node: request.node }, async (trail) => {
    const state = await context.manager.state();
    const node = knownNode(context, state, request.node);
    const only = request.volumes.length === 0 ? null : new Set<string>();
    for (const name of request.volumes) only?.add(await volumeToCut(context, state, name, mayTouch));
    trail.volume = only === null ? null : [...only].join(' ');
    const before = state.nodes[node]?.fenced ?? null;
    const marked = await step(context, 'mark', `state: mark ${node} as fenced`, () =>
      context.manager.change((current) => markFenced(current, node, context.reason, workOf(context), only)),
    );
    trail.changed('state', `mark ${node} as fenced`);
    const { targets, volumes, nodeSide, firewall } = await cutOff(context, node, marked, only, trail);
    const proofs = await proofNotes(context, volumes, targets.versions);
    const since = marked.nodes[node]?.fenced?.since ?? '';
    const failure = failureOf(node, volumes, only === null ? targets.unasked : []);
    return {
      node,
      fenced: true,
      since,
      verified: failure === null,
      changed: before === null || volumes.some(({ result }) => result === 'fenced') || nodeSide === 'dropped',
      volumes,
      unasked: targets.unasked.map(({ rds }) => rds),
      nodeSide,
      firewall,
      proofs,
      failure,
    };
  });
}

/** A misspelt volume must not pass for one that was cut: it is told before anything is done. */
async function volumeToCut(
  context: OperationContext,
  state: State,
  name: string,
  mayTouch: MayTouch,
): Promise<string> {
  const { key, rds, slot } = await resolveVolume(context, name, mayTouch);
  if (state.attachments[key] !== undefined) return key;
  try {
    await lookAtVolume(context, context.server(rds), slot);
  } catch (error) {
    // A storage server that can't be asked is told of later, when the node is marked.
    if (!(error instanceof RdsctlError) || error.code === 'NOT_FOUND' || context.signal.aborted) throw error;
  }
  return key;
}

/** Everything after the mark. An error from here leaves the node marked, and says so. */
async function cutOff(
  context: OperationContext,
  node: string,
  marked: State,
  only: ReadonlySet<string> | null,
  trail: Trail,
) {
  try {
    checkpoint(context);
    if (context.config.nodes[node] !== undefined) context.node(node).open();
    const [firewall, targets] = await Promise.all([
      // The first to be sent on each connection. It cuts every volume: not for a fence of some.
      only === null ? blockNode(context, node, marked, trail) : [],
      findTargets(context, marked, node, only),
    ]);
    for (const { rds, error } of targets.unasked) {
      context.report({
        type: 'warning',
        message: `${rds} could not be asked whether it exports anything more to ${node}: ${error.message}`,
      });
    }
    for (const message of saysOfKeepers(context, marked, node, targets.volumes)) {
      context.report({ type: 'warning', message });
    }
    const distrusted = await distrustedServers(context, targets.versions);
    const cut = await asItems(context, targets.volumes.length, (told) =>
      cutAll(context, node, targets.volumes, trail, distrusted, told),
    );
    const answer = await askNode(context, node);
    const { view } = answer;
    const learned = await learnedTargets(context, node, view, { targets, only });
    if (learned.length > 0) {
      cut.push(
        ...(await asItems(context, learned.length, (told) =>
          cutAll(context, node, learned, trail, distrusted, told),
        )),
      );
    }
    const all = { ...targets, volumes: [...targets.volumes, ...learned] };
    const nodeSide = await dropOnNode(context, node, marked, { targets: all, volumes: cut, answer });
    const open = openExports(context, await context.manager.state(), node, { targets: all, view, only });
    return { targets: all, volumes: [...cut, ...open], nodeSide, firewall };
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    throw error.with({
      now: `${node} is marked as fenced, but not proved to be cut off: treat it as still connected.`,
      hints: [...error.hints, { when: 'To finish:', run: `rdsctl fence ${node}` }],
    });
  }
}

/**
 * Cuts what can be locked at once first, so that one volume that somebody works on holds nothing up; then
 * waits for the rest. Locks are taken in sorted order and none is held while waiting for another round.
 */
async function cutAll(
  context: OperationContext,
  node: string,
  targets: readonly Target[],
  trail: Trail,
  distrusted: Distrusted,
  told: Items,
): Promise<FencedVolume[]> {
  const done = new Map<string, FencedVolume>();
  const ended = (volume: FencedVolume): void => {
    done.set(volume.volume, volume);
    told.end(volume.volume, volume.error);
  };
  for (const target of targets) told.begin(target);
  for (const target of targets) if (target.error !== null) ended(failedEntry(target, target.error));
  const waiting: Target[] = [];
  const reachable = targets.filter(({ error }) => error === null);
  const first = await locked(context, node, reachable, 'later', trail, distrusted);
  for (const [key, result] of first) {
    if (result === 'busy') waiting.push(...reachable.filter((target) => target.key === key));
    else ended(result);
  }
  for (const target of waiting) {
    // One after another: what is held up is only what somebody else works on.
    const [[, result] = [target.key, 'busy' as const]] = await locked(
      context,
      node,
      [target],
      'wait',
      trail,
      distrusted,
    );
    ended(result === 'busy' ? failedEntry(target, null) : result);
  }
  return targets.map(({ key }) => done.get(key)).filter((volume) => volume !== undefined);
}

/** Locks what can be locked, cuts it, and says which volumes are busy and left for later. */
async function locked(
  context: OperationContext,
  node: string,
  targets: readonly Target[],
  ifBusy: 'later' | 'wait',
  trail: Trail,
  distrusted: Distrusted,
): Promise<Map<string, FencedVolume | 'busy'>> {
  const timeoutMs = ifBusy === 'later' ? 0 : context.lockTimeoutMs;
  const results = new Map<string, FencedVolume | 'busy'>();
  const held: Target[] = [];
  const locks: Lock[] = [];
  const next = async (index: number): Promise<void> => {
    const target = targets[index];
    if (target === undefined) {
      if (held.length === 0) return;
      const { present, gone } = await lookAgain(context, node, held, ifBusy === 'wait');
      for (const target of gone) results.set(target.key, entry(target, 'already', null));
      if (present.length === 0) return;
      for (const volume of await cutHeld(context, node, present, locks, trail, distrusted))
        results.set(volume.volume, volume);
      return;
    }
    const turn = { had: false };
    try {
      await context.locks.withLock(target.key, { ...lockOptions(context), timeoutMs }, async (lock) => {
        turn.had = true;
        held.push(target);
        locks.push(lock);
        await next(index + 1);
      });
    } catch (error) {
      if (turn.had || !(error instanceof RdsctlError) || error.code !== 'BUSY') throw error;
      results.set(target.key, ifBusy === 'later' ? 'busy' : failedEntry(target, error));
      await next(index + 1);
    }
  };
  await next(0);
  return results;
}
