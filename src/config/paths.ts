import path from 'node:path';

/** Makes a path absolute: `~` is the home directory, anything else that is relative starts at `base`. */
export function expandPath(given: string, base: string, home: string): string {
  if (given === '~') return home;
  if (given.startsWith('~/')) return path.join(home, given.slice(2));
  return path.resolve(base, given);
}
