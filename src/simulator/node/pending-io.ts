import type { Operation } from '../target/target.ts';

/** How an operation ended on the node. */
export type IoResult =
  { readonly ok: true; readonly data?: Buffer } | { readonly ok: false; readonly error: 'EIO' };

/** An operation that a process of the node waits for. */
export class PendingIo {
  readonly operation: Operation;
  readonly #done: (result: IoResult) => void;
  #finished = false;
  /** It went out to the target (it may not have got there). */
  sent = false;
  /** The answer, when it came while no packet could bring it. */
  answer: { readonly data?: Buffer } | undefined;

  constructor(operation: Operation, done: (result: IoResult) => void) {
    this.operation = operation;
    this.#done = done;
  }

  get finished(): boolean {
    return this.#finished;
  }

  succeed(data?: Buffer): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#done(data === undefined ? { ok: true } : { ok: true, data });
  }

  fail(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#done({ ok: false, error: 'EIO' });
  }

  /** Back on the queue, to be sent again. */
  requeue(): void {
    this.sent = false;
    this.answer = undefined;
  }
}
