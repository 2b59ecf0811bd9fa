import type { SimulatorEvent } from '../../src/simulator/events.ts';
import type { SessionEvent } from './session-events.ts';

const NAMES = {
  created: 'session-opened',
  ended: 'session-closed',
  refused: 'connect-refused',
} as const;

/**
 * What the target's kernel told, in the words of a simulation's ground truth: who could write to what at each
 * instant. The kernel lists a session until what that had begun is done.
 * @param nodeOf the name that rdsctl knows a host NQN by
 */
export function groundTruthEvents(
  events: readonly SessionEvent[],
  nodeOf: (hostNqn: string) => string,
): readonly SimulatorEvent[] {
  return events.map(({ kind, atMs, nqn, hostNqn, controller }, index) => ({
    seq: index + 1,
    time: new Date(atMs).toISOString(),
    event: NAMES[kind],
    rds: 'rds1',
    volume: nqn.slice(nqn.lastIndexOf(':') + 1),
    node: nodeOf(hostNqn),
    hostNqn,
    ...(controller === undefined ? {} : { session: controller }),
  }));
}
