/** The oldest RouterOS that rdsctl works with: `type=file` disks came with it (seen). */
const OLDEST: readonly [number, number] = [7, 17];

/** Whether a version such as `7.21.5 (stable)` or `7.23rc1` is at least major.minor. */
export function atLeast(version: string, major: number, minor: number): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (match === null) return false;
  const [a, b] = [Number(match[1]), Number(match[2])];
  return a > major || (a === major && b >= minor);
}

/** Whether rdsctl works with this version. */
export function isSupported(version: string): boolean {
  return atLeast(version, OLDEST[0], OLDEST[1]);
}

/** As it is shown: `7.17`. */
export const OLDEST_VERSION = OLDEST.join('.');
