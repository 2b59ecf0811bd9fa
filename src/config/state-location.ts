import path from 'node:path';
import { expandPath } from './paths.ts';

/** Where the state is kept: a directory of this host, or a server. */
export type StateLocation =
  { readonly kind: 'file'; readonly directory: string } | { readonly kind: 'url'; readonly url: string };

/** The `state` section of a configuration file, as it stands there. */
export interface StateSection {
  readonly path: string | null;
  readonly url: string | null;
}

/** What default places depend on. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly uid: number;
}

/** Where the state is when nobody says otherwise. */
function defaultStateDirectory(surroundings: Surroundings): string {
  if (surroundings.uid === 0) return '/var/lib/rdsctl';
  const base = surroundings.env['XDG_STATE_HOME'];
  const usable = base !== undefined && path.isAbsolute(base);
  return path.join(usable ? base : path.join(surroundings.home, '.local/state'), 'rdsctl');
}

/**
 * Reads what `--state` and `RDSCTL_STATE` may say: a URL, the directory that holds `state.json`, or that
 * file itself.
 */
export function parseStateLocation(
  given: string,
  surroundings: Pick<Surroundings, 'cwd' | 'home'>,
): StateLocation {
  if (isUrl(given)) return { kind: 'url', url: given };
  return { kind: 'file', directory: stateDirectory(expandPath(given, surroundings.cwd, surroundings.home)) };
}

/** Where the state is by a configuration file's `state` section; relative paths start at the file. */
export function locateState(section: StateSection, file: string, surroundings: Surroundings): StateLocation {
  if (section.url !== null) return { kind: 'url', url: section.url };
  if (section.path === null) return { kind: 'file', directory: defaultStateDirectory(surroundings) };
  return {
    kind: 'file',
    directory: stateDirectory(expandPath(section.path, path.dirname(file), surroundings.home)),
  };
}

/** The directory for a path that names it, or names the `state.json` in it. */
function stateDirectory(absolute: string): string {
  return path.basename(absolute) === 'state.json' ? path.dirname(absolute) : absolute;
}

/** Whether it is a URL rather than a path. */
export function isUrl(given: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(given);
}
