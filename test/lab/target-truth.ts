import type { SimulatorEvent } from '../../src/simulator/events.ts';
import { GroundTruth } from '../commands/ground-truth.ts';
import type { SessionEvent } from './session-events.ts';

/** What the target's kernel told, as the ground truth of a simulation. */
function simulatorEvents(events: readonly SessionEvent[]): readonly SimulatorEvent[] {
  const names = {
    created: 'session-opened',
    ended: 'session-closed',
    refused: 'connect-refused',
  } as const;
  return events.map(({ kind, atMs, nqn, hostNqn, controller }, index) => ({
    seq: index + 1,
    time: new Date(atMs).toISOString(),
    event: names[kind],
    rds: 'rds',
    volume: nqn,
    hostNqn,
    ...(controller === undefined ? {} : { session: controller }),
  }));
}

/**
 * Who could write to what at each instant, by the kernel of the storage server alone. It lists a session until
 * what that had begun is done.
 */
export function truthOf(events: readonly SessionEvent[]): GroundTruth {
  return new GroundTruth(simulatorEvents(events));
}
