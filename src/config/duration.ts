/** Milliseconds per unit that a duration may be written in. */
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest time a timer of Node can wait; anything above would fire at once. */
const LONGEST_MS = 2_147_483_647;

/** What was wrong with a duration, as the end of a sentence that begins with the value. */
export class DurationProblem {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/**
 * Reads a duration such as `500ms`, `30s`, `5m` or `1h` as milliseconds. A plain number is refused, since
 * nobody can say whether it means seconds or milliseconds; only 0 is the same in every unit.
 */
export function parseDuration(value: unknown): number | DurationProblem {
  if (value === 0 || value === '0') return 0;
  if (typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value))) {
    return new DurationProblem(`has no unit: write ${String(value)}s for seconds, or use ms, m or h`);
  }
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) : null;
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    return new DurationProblem('is not a duration: write 500ms, 30s, 5m or 1h');
  }
  const milliseconds = Math.round(Number(match[1]) * unit);
  if (milliseconds > LONGEST_MS) return new DurationProblem('is too long: at most 596h');
  return milliseconds;
}

/** Writes milliseconds the way a person would write the duration: the largest unit that is exact. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const) {
    if (milliseconds % size === 0 && (unit !== 'm' || milliseconds >= 120_000)) {
      return `${milliseconds / size}${unit}`;
    }
  }
  return `${milliseconds}ms`;
}
