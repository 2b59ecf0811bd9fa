import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { NO_STATE_SECTION, stateSection, type StateSection, type Surroundings } from './state-location.ts';

/*
 * Parsing and checking a configuration takes several times as long as the rest of `rdsctl list`, which needs
 * only the `state` section. So that section is kept in the user's cache directory together with the very text it
 * came from: it is never stale, and only says where to read. (A hash of the text would take longer: to load what
 * computes one takes a third of the time that a `list` has.) Commands that change anything parse the file itself.
 */

/** The `state` section of a configuration text that was found valid before; null when there is none. */
export function recallStateSection(
  file: string,
  text: string,
  surroundings: Surroundings,
): StateSection | null {
  try {
    const fd = openSync(cacheFile(file, surroundings), 'r');
    try {
      const { uid, mode } = fstatSync(fd);
      if (uid !== surroundings.uid || (mode & 0o022) !== 0) return null;
      const entry: unknown = JSON.parse(readFileSync(fd, 'utf8'));
      const fits = isEntry(entry) && entry.version === manifest.version && entry.text === text;
      return fits ? stateSection(entry) : null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

/** Keeps the section for the next time. Where that can't be done, the next time takes longer. */
export function rememberStateSection(
  file: string,
  text: string,
  section: StateSection,
  surroundings: Surroundings,
): void {
  try {
    const target = cacheFile(file, surroundings);
    const temporary = `${target}.${process.pid}`;
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, JSON.stringify({ version: manifest.version, text, ...section }), {
      mode: 0o600,
    });
    renameSync(temporary, target);
  } catch {
    // It is only a cache.
  }
}

interface Entry extends StateSection {
  /** A text is valid for one version of the program. */
  readonly version: string;
  readonly text: string;
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof Entry, unknown>>;
  const keys = Object.keys(NO_STATE_SECTION) as (keyof StateSection)[];
  return (
    typeof entry.version === 'string' &&
    typeof entry.text === 'string' &&
    keys.every((key) => entry[key] === null || typeof entry[key] === 'string')
  );
}

function cacheFile(file: string, { env, home }: Surroundings): string {
  const base = env['XDG_CACHE_HOME'];
  const usable = base !== undefined && path.isAbsolute(base);
  // Two long paths that end alike have one entry by turns.
  const name = `state-of-${encodeURIComponent(file).slice(-200)}.json`;
  return path.join(usable ? base : path.join(home, '.cache'), 'rdsctl', name);
}
