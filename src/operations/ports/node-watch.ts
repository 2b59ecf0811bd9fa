/** What is to be watched on a node. */
export interface WatchRequest {
  readonly nqn: string;
  readonly address: string;
  /** It ends by itself after so many seconds. */
  readonly seconds: number;
}

/** What a watch has seen. Times are milliseconds of the node's own clock that only grows. */
export interface WatchView {
  /** The node's clock when it was looked. */
  readonly clock: number;
  /** When the controller had left `live`; null while it is live. */
  readonly leftLiveAt: number | null;
  /** How many reads came back, and when the last one did. */
  readonly reads: number;
  readonly lastReadAt: number | null;
  /** When the first read failed; null while none has. */
  readonly firstFailureAt: number | null;
}
