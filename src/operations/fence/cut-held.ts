import { addFencedVolumes, beginRelease, completeFence, holds } from '../../attachment/transitions.ts';
import type { State, StateChange } from '../../state/state.ts';
import type { Trail } from '../audited.ts';
import { checkTag } from '../claims.ts';
import { step, workOf, type OperationContext } from '../context.ts';
import { cutVolumes, failedEntry, type Cut } from './cut.ts';
import { believed, type Distrusted } from './distrust.ts';
import type { FencedVolume } from './report.ts';
import type { Target } from './targets.ts';

/**
 * Cuts volumes whose locks are held. What another state manages is left alone; the rest is cut.
 * @param distrusted storage servers on which reading back proves nothing
 */
export async function cutHeld(
  context: OperationContext,
  node: string,
  held: readonly Target[],
  trail: Trail,
  distrusted: Distrusted,
): Promise<FencedVolume[]> {
  // Before the intents: they take new tokens, and an old copy must not outrun its own tags.
  const state = await context.manager.state();
  const refused = new Map<string, FencedVolume>();
  for (const target of held) {
    try {
      if (target.disk !== null) checkTag(state, target, target.disk, node);
    } catch (error) {
      refused.set(target.key, failedEntry(target, error));
    }
  }
  const ours = held.filter(({ key }) => !refused.has(key));
  const cut = ours.length === 0 ? [] : await cutOurs(context, node, ours, trail, distrusted);
  return [...refused.values(), ...cut];
}

/** Intents, then the change at each storage server side by side, then what came of it. */
async function cutOurs(
  context: OperationContext,
  node: string,
  held: readonly Target[],
  trail: Trail,
  distrusted: Distrusted,
): Promise<FencedVolume[]> {
  const opened = await step(
    context,
    'intent',
    `state: fencing ${held.map(({ slot }) => slot).join(', ')}`,
    () => context.manager.change((current) => withIntents(context, current, node, held)),
  );
  const servers = [...new Set(held.map(({ rds }) => rds))];
  const cuts = (
    await Promise.all(
      servers.map((rds) =>
        cutVolumes(
          context,
          node,
          opened,
          held.filter((target) => target.rds === rds),
          trail,
        ),
      ),
    )
  )
    .flat()
    .map((cut) => believed(cut, held, distrusted));
  await step(context, 'state', `state: ${node} fenced`, () =>
    context.manager.change((current) => withResults(current, node, cuts)),
  );
  return cuts.map(({ volume }) => volume);
}

function withIntents(
  context: OperationContext,
  state: State,
  node: string,
  held: readonly Target[],
): StateChange {
  let current: State = state;
  const work = workOf(context);
  for (const { key } of held) {
    const present = current.attachments[key];
    if (present === undefined || !holds(present, node)) {
      // Known to the storage server alone: the token grows all the same.
      const token = (current.tokens[key] ?? 0) + 1;
      current = { ...current, tokens: { ...current.tokens, [key]: token } };
    } else if (present.phase !== 'fenced') {
      current = { ...current, ...beginRelease(current, key, node, 'fence', work) };
    }
  }
  return addFencedVolumes(
    current,
    node,
    held.map(({ key }) => key),
  );
}

function withResults(state: State, node: string, cuts: readonly Cut[]): StateChange {
  let current: State = state;
  for (const { volume, token } of cuts) {
    const present = current.attachments[volume.volume];
    if (!volume.verified || present?.intent?.token !== token) continue;
    current = { ...current, ...completeFence(current, { key: volume.volume, token, node }) };
  }
  return current;
}
