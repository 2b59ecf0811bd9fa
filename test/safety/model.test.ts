import fc from 'fast-check';
import { expect, test } from 'vitest';
import { play, step, type Step } from './model/play.ts';

/**
 * Random histories of commands, crashes, faults and two commands at once, held against an executable model.
 * RDSCTL_MODEL_RUNS: how many histories. RDSCTL_MODEL_SEED: which. RDSCTL_MODEL_SCRIPT: plays one again.
 */
const RUNS = Number(process.env['RDSCTL_MODEL_RUNS'] ?? 400);
const SEED = Number(process.env['RDSCTL_MODEL_SEED'] ?? 1);
const SCRIPT = process.env['RDSCTL_MODEL_SCRIPT'];

async function manyHistories(): Promise<void> {
  const history = fc.array(step, { minLength: 1, maxLength: 25, size: 'max' });
  const result = await fc.check(fc.asyncProperty(history, play), {
    seed: SEED,
    numRuns: RUNS,
    endOnFailure: false,
  });
  const [script] = result.counterexample ?? [];
  const again = `RDSCTL_MODEL_SCRIPT='${JSON.stringify(script)}' npx vitest run test/safety/model.test.ts`;
  const why = (result.errorInstance as Error | null)?.message ?? '';
  expect(result.failed, `${why}\nseed ${SEED}; to play it again:\n${again}`).toBe(false);
}

if (SCRIPT === undefined) {
  test(`${RUNS} random histories keep the laws (seed ${SEED})`, { timeout: 30 * 60_000 }, manyHistories);
} else {
  test('the history of RDSCTL_MODEL_SCRIPT keeps the laws', () => play(JSON.parse(SCRIPT) as Step[]));
}
