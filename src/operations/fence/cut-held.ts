import { enterFound, type FoundHolder } from '../../attachment/found-holder.ts';
import { addFencedVolumes, beginRelease, completeFence, holds } from '../../attachment/transitions.ts';
import type { Lock } from '../../state/lock.ts';
import type { State, StateChange } from '../../state/state.ts';
import type { Trail } from '../audited.ts';
import { checkTag } from '../claims.ts';
import { step, workOf, type OperationContext } from '../context.ts';
import type { Disk } from '../ports/storage-server.ts';
import { cutVolumes, failedEntry, type Cut } from './cut.ts';
import { believed, type Distrusted } from './distrust.ts';
import type { FencedVolume } from './report.ts';
import type { Target } from './targets.ts';

/**
 * Cuts volumes whose locks are held (`locks`). What another state manages is left alone; the rest is cut.
 * @param distrusted storage servers on which reading back proves nothing
 */
export async function cutHeld(
  context: OperationContext,
  node: string,
  held: readonly Target[],
  locks: readonly Lock[],
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
  const cut = ours.length === 0 ? [] : await cutOurs(context, node, ours, locks, trail, distrusted);
  return [...refused.values(), ...cut];
}

/** Intents, then the change at each storage server side by side, then what came of it. */
async function cutOurs(
  context: OperationContext,
  node: string,
  held: readonly Target[],
  locks: readonly Lock[],
  trail: Trail,
  distrusted: Distrusted,
): Promise<FencedVolume[]> {
  const opened = await step(
    context,
    'intent',
    `state: fencing ${held.map(({ slot }) => slot).join(', ')}`,
    () =>
      context.manager.change((current) => {
        // Within the commit: whoever lost a volume's lock must not lay an intent over what another one made.
        for (const lock of locks) lock.assertHeld();
        return withIntents(context, current, node, held);
      }),
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

/**
 * One for each volume that is going to be cut, also where the storage server alone knows that the node may have
 * it, or where it was cut off before and let in again: a fence that ends before the drain must not leave a volume
 * that looks as if nobody had it.
 */
function withIntents(
  context: OperationContext,
  state: State,
  node: string,
  held: readonly Target[],
): StateChange {
  let current: State = state;
  const work = workOf(context);
  for (const target of held) {
    const { key, disk } = target;
    const present = current.attachments[key];
    if (present !== undefined && holds(present, node)) {
      if (present.phase === 'fenced' && disk?.exported !== true) continue;
    } else if (disk !== null) {
      current = enterFound(current, foundHolder(context, current, node, target, disk), work);
    } else continue;
    current = { ...current, ...beginRelease(current, key, node, 'fence', work) };
  }
  return addFencedVolumes(
    current,
    node,
    held.map(({ key }) => key),
  );
}

function foundHolder(
  context: OperationContext,
  state: State,
  node: string,
  volume: Target,
  disk: Disk,
): FoundHolder {
  return {
    volume: { key: volume.key, rds: volume.rds, slot: volume.slot },
    node,
    hostNqn: context.config.nodes[node]?.hostNqn ?? state.nodes[node]?.hostNqn ?? null,
    nqn: disk.nqn,
    transport: { address: context.server(volume.rds).nvmeAddress, port: disk.port },
    sizeBytes: disk.sizeBytes,
  };
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
