/** What a URL of a state in etcd says: `etcds://user@host1,host2:2379/prefix`. */
export interface EtcdUrl {
  /** `http://host:port` or `https://host:port`, in the order in which they were named. */
  readonly endpoints: readonly string[];
  /** What every key begins with: `/rdsctl`; no slash at its end. */
  readonly prefix: string;
  /** Whether TLS is spoken: `etcds://`. */
  readonly secure: boolean;
  readonly user: string | null;
  /** The URL in its shortest form, without a user: for messages. */
  readonly location: string;
}

/** Says what is wrong with a URL, without what may be secret in it. */
export class UrlProblem extends Error {}

const DEFAULT_PORT = 2379;
const DEFAULT_PREFIX = '/rdsctl';
const USER = /^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$/;
const HOST = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;
const PREFIX = /^(\/[A-Za-z0-9._-]{1,63}){1,8}$/;

/** Whether it is meant as a URL rather than as a path. */
export function isUrl(given: string): boolean {
  return /^([a-z][a-z0-9+.-]*:\/\/|etcds?:)/i.test(given);
}

/** A URL without its user and password: what stands before the last "@". */
export function withoutUser(url: string): string {
  return url.replace(/^([^/]*\/\/).*@/, '$1');
}

/** Reads a URL of a state. @throws UrlProblem */
export function parseEtcdUrl(url: string): EtcdUrl {
  const [, scheme = '', rest = ''] = /^([^:]*):\/\/(.*)$/s.exec(url) ?? [];
  const secure = scheme.toLowerCase() === 'etcds';
  if (!secure && scheme.toLowerCase() !== 'etcd') throw new UrlProblem(unknownScheme(url, scheme));
  const at = rest.lastIndexOf('@');
  const user = at < 0 ? null : checkedUser(rest.slice(0, at));
  const [, hosts = '', path = ''] = /^([^/]*)(.*)$/s.exec(rest.slice(at + 1)) ?? [];
  const places = hosts.split(',').map((place) => hostAndPort(place));
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice !== undefined) throw new UrlProblem(`names ${twice} twice`);
  const prefix = checkedPrefix(path);
  return {
    endpoints: places.map((place) => `${secure ? 'https' : 'http'}://${place}`),
    prefix,
    secure,
    user,
    location: `${secure ? 'etcds' : 'etcd'}://${places.join(',')}${prefix}`,
  };
}

function unknownScheme(url: string, scheme: string): string {
  if (/^etcds?:/i.test(url)) return 'lacks the two slashes: write etcd://HOST or etcds://HOST';
  return `has the scheme ${JSON.stringify(scheme.slice(0, 32))}: there are etcd:// and, with TLS, etcds://`;
}

function checkedUser(given: string): string {
  if (given.includes(':'))
    throw new UrlProblem('holds a password: put it into a file, and name that as state.passwordFile');
  if (!USER.test(given))
    throw new UrlProblem('has a user that is none: letters, digits, ".", "_", "-" and "@"');
  return given;
}

/** `host:port`, an IPv6 address in brackets. */
function hostAndPort(place: string): string {
  if (place === '')
    throw new UrlProblem('lacks the name of a server: write etcd://HOST or etcd://HOST1,HOST2');
  const shown = JSON.stringify(place);
  const six = /^\[([^\]]*)\](?::(.*))?$/.exec(place);
  if (six !== null) {
    const [, address = '', port] = six;
    if (!URL.canParse(`http://[${address}]`))
      throw new UrlProblem(`names ${shown}, which is no IPv6 address in brackets`);
    return `[${address}]:${portNumber(port, shown)}`;
  }
  const [host = '', port, ...more] = place.split(':');
  if (more.length > 0)
    throw new UrlProblem(`names ${shown}: an IPv6 address stands in brackets, as in [2001:db8::1]:2379`);
  if (!HOST.test(host)) throw new UrlProblem(`names ${shown}, which is no host name or IP address`);
  return `${host.toLowerCase()}:${portNumber(port, shown)}`;
}

function portNumber(port: string | undefined, shown: string): number {
  if (port === undefined) return DEFAULT_PORT;
  const number = /^[1-9]\d{0,4}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535)
    throw new UrlProblem(`names ${shown}: a port is a number from 1 to 65535`);
  return number;
}

function checkedPrefix(path: string): string {
  const prefix = path.replace(/\/+$/, '');
  if (prefix === '') return DEFAULT_PREFIX;
  const plain = PREFIX.test(prefix) && !prefix.split('/').some((part) => /^\.+$/.test(part));
  if (plain) return prefix;
  throw new UrlProblem(
    `has the prefix ${JSON.stringify(prefix.slice(0, 64))}: parts of letters, digits, ".", "_" and "-", with one slash between them`,
  );
}
