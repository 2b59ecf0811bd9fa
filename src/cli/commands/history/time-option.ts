import { DurationProblem, parseDuration } from '../../../config/duration.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';

const DAY_MS = 86_400_000;

/**
 * Reads a point in time: a duration before now (days too), a day, or a time of RFC 3339 whose seconds and offset
 * may be left out (then UTC).
 * @param option for messages
 * @throws RdsctlError BAD_ARGUMENT
 */
export function parseTime(option: string, given: string, now: Date): Date {
  const days = /^(\d{1,5}(?:\.\d+)?)d$/.exec(given)?.[1];
  if (days !== undefined) return new Date(now.getTime() - Number(days) * DAY_MS);
  const duration = parseDuration(given);
  if (!(duration instanceof DurationProblem)) return new Date(now.getTime() - duration);
  const time = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i.exec(given);
  if (time !== null) {
    const [, day = '', minute = '00:00', seconds = ':00', zone = 'Z'] = time;
    const at = new Date(`${day}T${minute}${seconds}${zone.toUpperCase()}`);
    // The 31st of a shorter month is no day.
    const isDay = !Number.isNaN(at.getTime()) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
    if (isDay) return at;
  }
  throw new RdsctlError('BAD_ARGUMENT', {
    message: `${option}: ${JSON.stringify(given)} is neither a duration (90m, 12h, 7d) nor a time (2026-11-20, 2026-11-20T14:03Z)`,
    now: 'Nothing was changed.',
    details: { option },
  });
}
