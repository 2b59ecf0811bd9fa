import { readFileSync } from 'node:fs';
import type { SimulatorEvent } from '../../src/simulator/events.ts';

/** Two hosts in one volume at once, and since which event. */
export interface TwoWriters {
  readonly volume: string;
  readonly hostNqns: readonly string[];
  readonly seq: number;
}

/** A session as the storage server has it: through it I/O is possible. */
export interface OpenSession {
  /** `rds/slot`. */
  readonly volume: string;
  readonly hostNqn: string;
  readonly node: string;
}

/** A session from the event that opened it to the one that ended it. */
export interface SessionSpan extends OpenSession {
  readonly opened: number;
  /** Infinity while it is open. */
  readonly closed: number;
}

/** The events that a simulation wrote with `--events`. A last line that is not whole yet is left out. */
export function readEvents(file: string): SimulatorEvent[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as SimulatorEvent);
}

/**
 * Replays the ground truth of a simulation: who could write to what, at each instant. Knows nothing of rdsctl,
 * its state or its messages: only what the storage servers' targets told.
 */
export class GroundTruth {
  readonly twoWriters: readonly TwoWriters[];
  /** Writes that reached a volume after their session had ended and after somebody else was let in. */
  readonly lateWrites: readonly SimulatorEvent[];
  /** Every session there was, in the order in which they were opened. */
  readonly sessions: readonly SessionSpan[];
  /** The number of the last event. */
  readonly last: number;

  constructor(events: readonly SimulatorEvent[]) {
    const open = new Map<string, SessionSpan>();
    const ended: SessionSpan[] = [];
    const twoWriters: TwoWriters[] = [];
    const late: SimulatorEvent[] = [];
    const hostsOf = (volume: string): string[] => [
      ...new Set([...open.values()].filter((each) => each.volume === volume).map((each) => each.hostNqn)),
    ];
    for (const event of events) {
      const volume = `${event.rds ?? '?'}/${event.volume ?? '?'}`;
      const key = `${event.rds ?? '?'} ${event.session ?? '?'}`;
      switch (event.event) {
        case 'session-opened': {
          const { hostNqn = '', node = '', seq } = event;
          open.set(key, { volume, hostNqn, node, opened: seq, closed: Infinity });
          const hostNqns = hostsOf(volume);
          if (hostNqns.length > 1) twoWriters.push({ volume, hostNqns, seq });
          break;
        }
        case 'session-closed': {
          const session = open.get(key);
          if (session !== undefined) ended.push({ ...session, closed: event.seq });
          open.delete(key);
          break;
        }
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
    this.sessions = [...ended, ...open.values()].sort((a, b) => a.opened - b.opened);
    this.last = events.at(-1)?.seq ?? 0;
  }

  /** What is open after the last event. */
  get open(): readonly OpenSession[] {
    return this.sessions
      .filter(({ closed }) => closed === Infinity)
      .map(({ volume, hostNqn, node }) => ({ volume, hostNqn, node }));
  }
}
