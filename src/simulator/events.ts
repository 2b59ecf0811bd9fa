import { closeSync, openSync, writeSync } from 'node:fs';
import type { Clock } from './clock.ts';

/** What can happen in the simulated world, as `--events` tells it. */
export type EventName =
  | 'session-opened'
  | 'session-closed'
  | 'connect-refused'
  | 'export-on'
  | 'export-off'
  | 'allow-changed'
  | 'comment-changed'
  | 'io-landed'
  | 'mounted'
  | 'unmounted'
  | 'node-down'
  | 'node-up';

/** The facts of one event; which are there depends on the event. */
export interface EventFacts {
  readonly event: EventName;
  readonly rds?: string;
  readonly volume?: string;
  readonly node?: string;
  readonly hostNqn?: string;
  /**
   * session-closed: unexport, disconnect, keep-alive, removed, power (the storage server's). connect-refused: not-allowed,
   * no-such-subsystem, port-closed. node-down: network, power.
   */
  readonly cause?: string;
  readonly nqn?: string;
  readonly port?: number;
  readonly allow?: string;
  readonly comment?: string;
  /** The controller's number at the target. */
  readonly session?: number;
  readonly device?: string;
  readonly path?: string;
  /** io-landed: the volume's how-many-th write this was, where it went and its SHA-256. */
  readonly sequence?: number;
  readonly offset?: number;
  readonly length?: number;
  readonly sha256?: string;
  /** io-landed: its session had ended when it reached the disk. */
  readonly late?: boolean;
}

export interface SimulatorEvent extends EventFacts {
  readonly seq: number;
  readonly time: string;
}

/** The ground truth of a simulation: every event in order, in memory and as JSON lines in a file. */
export class EventLog {
  readonly #events: SimulatorEvent[] = [];
  readonly #listeners = new Set<(event: SimulatorEvent) => void>();
  readonly #clock: Clock;
  #file: number | undefined;

  constructor(clock: Clock, file?: string) {
    this.#clock = clock;
    this.#file = file === undefined ? undefined : openSync(file, 'a');
  }

  /** Everything so far. */
  get all(): readonly SimulatorEvent[] {
    return this.#events;
  }

  /** The line is in the file when this returns. */
  record(facts: EventFacts): void {
    const { event: name, rds, volume, node, hostNqn, ...more } = facts;
    const event: SimulatorEvent = {
      seq: this.#events.length + 1,
      time: new Date(this.#clock.now()).toISOString(),
      event: name,
      ...(rds === undefined ? {} : { rds }),
      ...(volume === undefined ? {} : { volume }),
      ...(node === undefined ? {} : { node }),
      ...(hostNqn === undefined ? {} : { hostNqn }),
      ...more,
    };
    this.#events.push(event);
    if (this.#file !== undefined) writeLine(this.#file, JSON.stringify(event));
    for (const listener of this.#listeners) listener(event);
  }

  /** Resolves with the first event, past or future, that `wanted` accepts. */
  waitFor(wanted: (event: SimulatorEvent) => boolean): Promise<SimulatorEvent> {
    const past = this.#events.find(wanted);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => {
      const listener = (event: SimulatorEvent): void => {
        if (!wanted(event)) return;
        this.#listeners.delete(listener);
        resolve(event);
      };
      this.#listeners.add(listener);
    });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function writeLine(file: number, line: string): void {
  let rest = Buffer.from(`${line}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(file, rest));
}
