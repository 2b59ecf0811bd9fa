import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { matchesPatterns } from './known-hosts.ts';

/**
 * The files that a path with `*` and `?` in it stands for, sorted; a path without them stands for itself.
 * Names that start with a dot are found only by patterns that do.
 */
export async function expandPattern(path: string): Promise<string[]> {
  let found = ['/'];
  for (const part of path.split('/').filter((name) => name !== '')) {
    const next: string[] = [];
    for (const directory of found) {
      if (/[*?]/.test(part)) next.push(...(await namesLike(part, directory)));
      else next.push(join(directory, part));
    }
    found = next;
  }
  return found;
}

async function namesLike(pattern: string, directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => name.startsWith('.') === pattern.startsWith('.') && matchesPatterns([pattern], name))
    .sort()
    .map((name) => join(directory, name));
}
