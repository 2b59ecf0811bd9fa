import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/torture/**/*.test.ts'],
    // A campaign ends by itself, by its time or its rounds.
    testTimeout: 2 ** 31 - 1,
    // What a campaign prepares takes a minute, and several on a machine that is given little time.
    hookTimeout: 900_000,
    maxWorkers: 2,
  },
});
