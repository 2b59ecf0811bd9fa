import type { Timer } from '../clock.ts';

/** Why a session ended at the target. */
export type SessionEnd = 'unexport' | 'disconnect' | 'keep-alive' | 'removed' | 'power';

/** Who asks to be let in. */
export interface ConnectRequest {
  readonly nqn: string;
  readonly port: number;
  readonly hostNqn: string;
  readonly hostId: string;
  readonly keepAliveMs: number;
  /** The simulator's name of the node. The target itself knows only the host NQN. */
  readonly node: string;
}

/** One host's controller at the target. */
export class Session {
  /** The controller id. */
  readonly id: number;
  readonly volume: string;
  readonly request: ConnectRequest;
  readonly openedAt: number;
  /** Tells the host that its connection was closed. */
  onEnd: (cause: SessionEnd) => void = () => undefined;
  /** Set when it ended; nothing that arrives afterwards is executed. */
  ended: SessionEnd | undefined;
  /** Operations begun for it and not finished. */
  inFlight = 0;
  /** Runs while the target hears nothing of the host. */
  silence: Timer | undefined;
  /** The host lost its memory: nobody will ever speak for this session again. */
  orphaned = false;

  constructor(id: number, volume: string, request: ConnectRequest, openedAt: number) {
    this.id = id;
    this.volume = volume;
    this.request = request;
    this.openedAt = openedAt;
  }
}
