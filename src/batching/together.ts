import { RdsctlError } from '../errors/rdsctl-error.ts';

/** A question that waits for its answer. */
interface Waiting<Ask, Answer> {
  readonly ask: Ask;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly forget: () => void;
}

/**
 * Puts questions together that come while an earlier one is on its way: a connection carries one command at a
 * time, so they have to wait anyway, and then go out as one. Nobody waits for company: what comes alone goes at
 * once. Each is sent after it was asked, never answered from what was seen before.
 * @param run asks many things in one, and answers them in their order
 * @param ifRefused what becomes of several that were refused as one: `alone` asks each again by itself, so that
 *   one that can't be answered does not spoil the others; only for what changes nothing
 */
export function together<Ask, Answer>(
  run: (asks: readonly Ask[], signal: AbortSignal | undefined) => Promise<readonly Answer[]>,
  ifRefused: 'alone' | 'all',
): (ask: Ask, signal: AbortSignal | undefined) => Promise<Answer> {
  let queue: Waiting<Ask, Answer>[] = [];
  let busy = false;

  async function serve(batch: readonly Waiting<Ask, Answer>[]): Promise<void> {
    try {
      const answers = await run(
        batch.map(({ ask }) => ask),
        batch[0]?.signal,
      );
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      const again = ifRefused === 'alone' && batch.length > 1 && isRefusal(error);
      if (again) for (const one of batch) await serve([one]);
      else for (const { reject } of batch) reject(error);
    }
  }

  async function pump(): Promise<void> {
    busy = true;
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      // What is given up for different reasons does not go together.
      const { signal } = next;
      const batch = queue.filter((one) => one.signal === signal);
      queue = queue.filter((one) => one.signal !== signal);
      for (const { forget } of batch) forget();
      await serve(batch);
    }
    busy = false;
  }

  return (ask, signal) =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => {
        queue = queue.filter((one) => one !== mine);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const forget = (): void => signal?.removeEventListener('abort', onAbort);
      const mine = { ask, signal, resolve, reject, forget };
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(mine);
      if (!busy) void pump();
    });
}

/** The host answered, but not with what was asked for. A host that can't be reached is no refusal. */
function isRefusal(error: unknown): boolean {
  return error instanceof RdsctlError && error.code === 'REMOTE';
}
