import type { SimulatorEvent } from '../../src/simulator/events.ts';

/** Two hosts in one volume at once, and since which event. */
export interface TwoWriters {
  readonly volume: string;
  readonly hostNqns: readonly string[];
  readonly seq: number;
}

/** A session as the storage server has it: through it I/O is possible. */
export interface OpenSession {
  readonly volume: string;
  readonly hostNqn: string;
  readonly node: string;
}

/**
 * Replays the ground truth of a simulation: who could write to what, at each instant. Knows nothing of rdsctl,
 * its state or its messages: only what the storage servers' targets told.
 */
export class GroundTruth {
  readonly twoWriters: readonly TwoWriters[];
  /** Writes that reached a volume after their session had ended and after somebody else was let in. */
  readonly lateWrites: readonly SimulatorEvent[];
  /** What is open after the last event. */
  readonly open: readonly OpenSession[];

  constructor(events: readonly SimulatorEvent[]) {
    const sessions = new Map<string, OpenSession>();
    const twoWriters: TwoWriters[] = [];
    const late: SimulatorEvent[] = [];
    const hostsOf = (volume: string): string[] => [
      ...new Set([...sessions.values()].filter((each) => each.volume === volume).map((each) => each.hostNqn)),
    ];
    for (const event of events) {
      const volume = `${event.rds ?? '?'}/${event.volume ?? '?'}`;
      const key = `${event.rds ?? '?'} ${event.session ?? '?'}`;
      switch (event.event) {
        case 'session-opened': {
          sessions.set(key, { volume, hostNqn: event.hostNqn ?? '', node: event.node ?? '' });
          const hostNqns = hostsOf(volume);
          if (hostNqns.length > 1) twoWriters.push({ volume, hostNqns, seq: event.seq });
          break;
        }
        case 'session-closed':
          sessions.delete(key);
          break;
        case 'io-landed':
          if (event.late === true && hostsOf(volume).some((hostNqn) => hostNqn !== event.hostNqn)) {
            late.push(event);
          }
          break;
        case 'connect-refused':
        case 'export-on':
        case 'export-off':
        case 'allow-changed':
        case 'comment-changed':
        case 'mounted':
        case 'unmounted':
        case 'node-down':
        case 'node-up':
          break;
      }
    }
    this.twoWriters = twoWriters;
    this.lateWrites = late;
    this.open = [...sessions.values()];
  }
}
