import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import * as v from 'valibot';

const PROGRESS = fileURLToPath(new URL('../../node_modules/.cache/rdsctl-torture/', import.meta.url));

const Progress = v.object({ seed: v.number(), next: v.number(), rounds: v.number(), failures: v.number() });
type Progress = v.InferOutput<typeof Progress>;

const Plan = v.object({
  /** For each campaign. */
  minutes: v.pipe(v.number(), v.minValue(0)),
  rounds: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
  seed: v.nullable(v.pipe(v.number(), v.integer())),
  from: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/** What `scripts/torture.js` was asked for. */
const plan = v.parse(
  Plan,
  JSON.parse(process.env['RDSCTL_TORTURE'] ?? '{"minutes":1,"rounds":null,"seed":null,"from":null}'),
);

export interface Campaign {
  /** Names the file of its progress, and tells it to `--only`. */
  readonly name: string;
  /** How many cases there are, taken in order and then from the first again; left out: no end of them. */
  readonly cases?: (() => number) | undefined;
  /** Plays one case. What chance decides must come from `seed`, which is another for each round. */
  readonly round: (number: number, seed: number) => Promise<void>;
}

/**
 * A long run as a test: rounds until its time or its number is up, from where the last run left off. A round
 * that fails is the first one of the next run, and is told with what plays it alone.
 */
export function campaign({ name, cases = () => Infinity, round }: Campaign): void {
  test(name, async () => {
    const file = join(PROGRESS, `${name}.json`);
    const progress = begin(file);
    const end = performance.now() + plan.minutes * 60_000;
    const most = plan.rounds ?? Infinity;
    const say = (text: string): void => void process.stdout.write(`${name}: ${text}\n`);
    say(`seed ${progress.seed}, from round ${progress.next}, ${progress.rounds} rounds before`);
    let done = 0;
    while (done < most && performance.now() < end) {
      const number = progress.next;
      const seed = mixed(progress.seed, number);
      try {
        await round(cases() === Infinity ? number : number % cases(), seed);
      } catch (error) {
        save(file, { ...progress, failures: progress.failures + 1 });
        say(
          `round ${number} failed. To play it alone:\n` +
            `  npm run test:torture -- --only ${name} --seed ${progress.seed} --from ${number} --rounds 1`,
        );
        throw error;
      }
      done += 1;
      progress.next += 1;
      progress.rounds += 1;
      save(file, progress);
    }
    const lap = cases() === Infinity ? '' : ` of ${cases()} cases`;
    say(`${done} rounds${lap} held; ${progress.rounds} so far`);
  });
}

/** Where the last run left off, unless another seed or round was asked for. */
function begin(file: string): Progress {
  const before = saved(file);
  const sameSeed = before !== null && (plan.seed === null || plan.seed === before.seed);
  const from: Progress = sameSeed
    ? before
    : { seed: plan.seed ?? Math.floor(Math.random() * 2 ** 31), next: 0, rounds: 0, failures: 0 };
  return plan.from === null ? { ...from } : { ...from, next: plan.from };
}

/** Null as well for what can't be understood: the run then begins anew. */
function saved(file: string): Progress | null {
  try {
    return v.parse(Progress, JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

function save(file: string, progress: Progress): void {
  mkdirSync(PROGRESS, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(progress)}\n`);
  renameSync(temporary, file);
  rmSync(temporary, { force: true });
}

/** Another number for each round of a run (a step of splitmix32). */
function mixed(seed: number, round: number): number {
  let z = (seed + Math.imul(round + 1, 0x9e3779b9)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
