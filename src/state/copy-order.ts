import type { StateCopy } from './care.ts';

/** By serial number, then by time; those without a state come last. */
export function newestFirst(a: StateCopy, b: StateCopy): number {
  const serials = (b.state?.serial ?? 0) - (a.state?.serial ?? 0);
  if (serials !== 0) return serials;
  const [timeA, timeB] = [a.takenAt ?? '', b.takenAt ?? ''];
  if (timeA !== timeB) return timeA < timeB ? 1 : -1;
  return a.name < b.name ? 1 : -1;
}
