import { closest, distance } from 'fastest-levenshtein';

/** The known name that an unknown one was most likely meant to be; null when none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const near = closest(name, [...known]);
  return distance(name, near) <= Math.max(1, Math.floor(near.length / 3)) ? near : null;
}

/** `: did you mean X?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === null ? '' : `: did you mean ${near}?`;
}
