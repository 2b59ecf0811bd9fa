/** Milliseconds that the client waits for one thing. */
export interface Timings {
  /** For a connection, with its TLS handshake. */
  readonly connectMs: number;
  /** For an answer, and then for each further part of it. */
  readonly requestMs: number;
  /** After so long without an answer, what only reads asks another endpoint as well. */
  readonly slowMs: number;
  /** A watch of which nothing was heard for so long is looked after. */
  readonly quietMs: number;
}

export const TIMINGS: Timings = { connectMs: 2_000, requestMs: 5_000, slowMs: 1_000, quietMs: 5_000 };
