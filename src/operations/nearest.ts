import { closest, distance } from 'fastest-levenshtein';

/**
 * The known name that an unknown one was most likely meant to be; null when none is near. Names that differ in
 * their numbers alone are no slips of each other: `vol-2` is not a `vol-1` that was typed wrongly.
 */
export function nearest(name: string, known: readonly string[]): string | null {
  const candidates = known.filter((one) => one.replace(/\d+/g, '#') !== name.replace(/\d+/g, '#'));
  if (candidates.length === 0) return null;
  const near = closest(name, candidates);
  return distance(name, near) <= Math.max(1, Math.floor(near.length / 3)) ? near : null;
}

/** `: did you mean X?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === null ? '' : `: did you mean ${near}?`;
}
