import { expect, test } from 'vitest';
import { crowd } from './crowd.ts';
import { planCrowd, type CrowdSize } from './crowd-plan.ts';

/**
 * RDSCTL_CROWD: how many commands (300 for the whole thing). RDSCTL_CROWD_AT_ONCE: how many at a time.
 * RDSCTL_CROWD_SEED: which ones.
 */
const number = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);
const SIZE: CrowdSize = {
  commands: number('RDSCTL_CROWD', 40),
  atOnce: number('RDSCTL_CROWD_AT_ONCE', 6),
  volumes: number('RDSCTL_CROWD', 40) >= 300 ? 20 : 6,
  nodes: 5,
};
const SEED = number('RDSCTL_CROWD_SEED', 1);

test(
  `a crowd of ${SIZE.commands} processes, ${SIZE.atOnce} at a time, keeps the laws (seed ${SEED})`,
  { timeout: 30 * 60_000 },
  async () => {
    const again = `RDSCTL_CROWD=${SIZE.commands} RDSCTL_CROWD_AT_ONCE=${SIZE.atOnce} RDSCTL_CROWD_SEED=${SEED}`;
    expect(
      await crowd(SEED, SIZE),
      `to run it again: ${again} npx vitest run test/safety/crowd.test.ts`,
    ).toEqual([]);
  },
);

test('the same seed makes the same crowd, another seed another', () => {
  expect(planCrowd(7, SIZE)).toEqual(planCrowd(7, SIZE));
  expect(planCrowd(7, SIZE)).not.toEqual(planCrowd(8, SIZE));
});
