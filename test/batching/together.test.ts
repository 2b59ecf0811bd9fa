import { describe, expect, it } from 'vitest';
import { together } from '../../src/batching/together.ts';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';

/** A host that answers with what it was asked, when it is let. */
function host(refuse: (asks: readonly string[]) => RdsctlError | null = () => null) {
  const runs: string[][] = [];
  const waiting: (() => void)[] = [];
  const run = async (asks: readonly string[]): Promise<string[]> => {
    runs.push([...asks]);
    await new Promise<void>((resolve) => waiting.push(resolve));
    const error = refuse(asks);
    if (error !== null) throw error;
    return asks.map((ask) => `${ask}!`);
  };
  const answer = async (): Promise<void> => {
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { run, runs, answer };
}

const remote = new RdsctlError('REMOTE_ERROR', { message: 'no' });
const lost = new RdsctlError('CONNECTION_LOST', { message: 'gone' });

describe('together', () => {
  it('sends what comes alone at once, and what comes meanwhile as one, each with its own answer', async () => {
    const { run, runs, answer } = host();
    const ask = together(run, 'alone');
    const all = [ask('a', undefined), ask('b', undefined), ask('c', undefined)];
    expect(runs).toEqual([['a']]);
    await answer();
    expect(runs).toEqual([['a'], ['b', 'c']]);
    await answer();
    expect(await Promise.all(all)).toEqual(['a!', 'b!', 'c!']);
  });

  it('asks each alone when several were refused as one, so that only the one fails', async () => {
    const { run, runs, answer } = host((asks) => (asks.includes('bad') ? remote : null));
    const ask = together(run, 'alone');
    const all = Promise.allSettled(['a', 'bad', 'c'].map((one) => ask(one, undefined)));
    for (let count = 0; count < 4; count += 1) await answer();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(runs).toEqual([['a'], ['bad', 'c'], ['bad'], ['c']]);
  });

  it.each([
    ['changes that were refused', 'all', remote],
    ['anything after the connection was lost', 'alone', lost],
  ] as const)('sends nothing again: %s', async (_name, ifRefused, error) => {
    const { run, runs, answer } = host((asks) => (asks.includes('b') ? error : null));
    const ask = together(run, ifRefused);
    const all = Promise.allSettled(['a', 'b', 'c'].map((one) => ask(one, undefined)));
    await answer();
    await answer();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(runs).toHaveLength(2);
  });

  it('lets who waits in the queue go when its signal is aborted, and keeps signals apart', async () => {
    const { run, runs, answer } = host();
    const ask = together(run, 'alone');
    const abort = new AbortController();
    const first = ask('a', undefined);
    const second = ask('b', abort.signal);
    const third = ask('c', undefined);
    abort.abort(lost);
    await expect(second).rejects.toBe(lost);
    await answer();
    await answer();
    expect(await Promise.all([first, third])).toEqual(['a!', 'c!']);
    expect(runs).toEqual([['a'], ['c']]);
  });
});
