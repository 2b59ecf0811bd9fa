// The long runs of test/torture: `npm run test:torture -- [--minutes N] [--rounds N] [--seed N] [--from N]
// [--only NAME] [--fresh]`. Each campaign runs for its minutes (10) or rounds, and goes on the next time from
// where it left off; --fresh begins anew.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const root = path.dirname(import.meta.dirname);
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rounds: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string' },
    only: { type: 'string' },
    fresh: { type: 'boolean', default: false },
  },
});
const number = (text) => {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`"${text}" is no number`);
  return value;
};
const plan = {
  minutes: number(values.minutes),
  rounds: number(values.rounds),
  seed: number(values.seed),
  from: number(values.from),
};
if (values.fresh)
  rmSync(path.join(root, 'node_modules/.cache/rdsctl-torture'), { recursive: true, force: true });

const vitest = ['run', '--config', 'test/torture/vitest.config.ts', '--silent=false'];
if (values.only !== undefined) vitest.push('-t', `^${values.only}$`);
const { status } = spawnSync(
  process.execPath,
  [path.join(root, 'node_modules/vitest/vitest.mjs'), ...vitest],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, RDSCTL_TORTURE: JSON.stringify(plan) },
  },
);
process.exitCode = status ?? 1;
