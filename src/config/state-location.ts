import path from 'node:path';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { isUrl, parseEtcdUrl, UrlProblem, withoutUser, type EtcdUrl } from './etcd-url.ts';
import { expandPath } from './paths.ts';

/** Where the state is kept: in a directory of this host, or in an etcd cluster. */
export type StateLocation = FileLocation | EtcdLocation;

export interface FileLocation {
  readonly kind: 'file';
  /** Of the state, and of what belongs to this host: the audit log, the proofs of fences. */
  readonly directory: string;
}

export interface EtcdLocation {
  readonly kind: 'etcd';
  /** Of what belongs to this host: the audit log, the proofs of fences. */
  readonly directory: string;
  /** `http(s)://host:port` */
  readonly endpoints: readonly string[];
  /** What every key begins with. */
  readonly prefix: string;
  /** The URL, for messages: without secrets. */
  readonly url: string;
  readonly login: { readonly user: string; readonly passwordFile: string } | null;
  /** Absolute paths of PEM files; null where TLS is not spoken. */
  readonly tls: TlsFiles | null;
}

export interface TlsFiles {
  /** Null = the certificate authorities that the system trusts. */
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

/** The `state` section of a configuration file, as it stands there. */
export interface StateSection extends TlsFiles {
  readonly path: string | null;
  readonly url: string | null;
  readonly user: string | null;
  readonly passwordFile: string | null;
}

export const NO_STATE_SECTION: StateSection = {
  path: null,
  url: null,
  user: null,
  passwordFile: null,
  caFile: null,
  certFile: null,
  keyFile: null,
};

/** The section of a file that was parsed, with null for what it does not say. */
export function stateSection(
  parsed: Readonly<Partial<Record<keyof StateSection, string | null | undefined>>>,
): StateSection {
  const keys = Object.keys(NO_STATE_SECTION) as (keyof StateSection)[];
  return Object.assign({}, ...keys.map((key) => ({ [key]: parsed[key] ?? null }))) as StateSection;
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
 * Where the state is by what `--state` or `RDSCTL_STATE` says: a URL, the directory that holds `state.json`, or
 * that file itself. A URL takes files of login and TLS from a configuration file where there is one.
 * @param file the configuration file that the section stands in; null = there is none
 * @throws RdsctlError BAD_ARGUMENT
 */
export function parseStateLocation(
  given: string,
  surroundings: Surroundings,
  section: StateSection = NO_STATE_SECTION,
  file: string | null = null,
): StateLocation {
  if (isUrl(given)) return etcdLocation(given, section, file, surroundings);
  return { kind: 'file', directory: stateDirectory(expandPath(given, surroundings.cwd, surroundings.home)) };
}

/** Where the state is by a configuration file's `state` section; relative paths start at the file. */
export function locateState(section: StateSection, file: string, surroundings: Surroundings): StateLocation {
  if (section.url !== null) return etcdLocation(section.url, section, file, surroundings);
  return { kind: 'file', directory: localDirectory(section, file, surroundings) };
}

function localDirectory(section: StateSection, file: string | null, surroundings: Surroundings): string {
  if (section.path === null) return defaultStateDirectory(surroundings);
  return stateDirectory(expandPath(section.path, baseOf(file, surroundings), surroundings.home));
}

function baseOf(file: string | null, { cwd }: Surroundings): string {
  return file === null ? cwd : path.dirname(file);
}

function etcdLocation(
  url: string,
  section: StateSection,
  file: string | null,
  surroundings: Surroundings,
): EtcdLocation {
  const { endpoints, prefix, secure, user, location } = parsed(url);
  const absolute = (given: string | null): string | null =>
    given === null ? null : expandPath(given, baseOf(file, surroundings), surroundings.home);
  const named = section.user ?? (section.url === null ? null : parsed(section.url).user);
  if (user !== null && named !== null && user !== named)
    throw badUrl(url, `is for the user ${user}, but the password in ${file ?? '-'} is that of ${named}`);
  const login = user ?? named;
  const passwordFile = absolute(section.passwordFile);
  if (login !== null && passwordFile === null)
    throw badUrl(url, `is for the user ${login}, whose password no configuration has: state.passwordFile`);
  return {
    kind: 'etcd',
    directory: localDirectory(section, file, surroundings),
    endpoints,
    prefix,
    url: location,
    login: login === null || passwordFile === null ? null : { user: login, passwordFile },
    tls: secure
      ? {
          caFile: absolute(section.caFile),
          certFile: absolute(section.certFile),
          keyFile: absolute(section.keyFile),
        }
      : null,
  };
}

function parsed(url: string): EtcdUrl {
  try {
    return parseEtcdUrl(url);
  } catch (error) {
    if (error instanceof UrlProblem) throw badUrl(url, error.message);
    throw error;
  }
}

function badUrl(url: string, message: string): RdsctlError {
  const shown = withoutUser(url);
  return new RdsctlError('BAD_ARGUMENT', {
    message: `the state's URL ${shown} ${message}`,
    now: 'Nothing was changed.',
    hints: [
      { when: 'A directory of this host:', run: 'rdsctl --state /var/lib/rdsctl …' },
      { when: 'An etcd cluster:', run: 'rdsctl --state etcds://HOST1,HOST2,HOST3/rdsctl …' },
    ],
    details: { url: shown },
  });
}

/** The directory for a path that names it, or names the `state.json` in it. */
function stateDirectory(absolute: string): string {
  return path.basename(absolute) === 'state.json' ? path.dirname(absolute) : absolute;
}
