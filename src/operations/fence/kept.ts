import type { State } from '../../state/state.ts';
import type { OperationContext } from '../context.ts';
import { keeper } from './cut.ts';
import type { Target } from './targets.ts';

/**
 * What a fence does to a node that shares a volume with the fenced one and keeps it: an export can't be ended for one
 * host alone. One sentence each, to be said before it is done.
 */
export function saysOfKeepers(
  { config }: OperationContext,
  state: State,
  node: string,
  volumes: readonly Pick<Target, 'key' | 'slot' | 'attachment'>[],
): string[] {
  const { reconnectDelay, fastIoFailTmo } = config.nvme;
  const seconds = (ms: number): string => `${ms / 1000} s`;
  return volumes.flatMap((volume) => {
    const stays = keeper(state, volume, node)?.node;
    if (stays === undefined) return [];
    return [
      `${volume.slot} is shared with ${stays}, which is cut off with it for a moment, and connects again by itself within about ${seconds(reconnectDelay + config.fence.settle)}; its I/O waits, and fails after ${seconds(fastIoFailTmo)} (nvme.fastIoFailTmo)`,
    ];
  });
}
