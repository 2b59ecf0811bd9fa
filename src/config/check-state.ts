import { isUrl, parseEtcdUrl, UrlProblem, type EtcdUrl } from './etcd-url.ts';
import type { ParsedConfig } from './schema.ts';

type Section = ParsedConfig['state'];
type Key = keyof Section;

/** Where what is found goes. */
interface Remarks {
  readonly problem: (key: Key, message: string) => void;
  readonly warning: (key: Key, message: string) => void;
}

/** What no single key of the `state` section can tell. */
export function checkState(section: Section, { problem, warning }: Remarks): void {
  if (section.path !== undefined && isUrl(section.path)) problem('path', 'is a URL: write it as url');
  const pairs: readonly [Key, Key, string][] = [
    ['user', 'passwordFile', 'needs passwordFile beside it'],
    ['certFile', 'keyFile', 'needs keyFile beside it, the key of the certificate'],
    ['keyFile', 'certFile', 'needs certFile beside it, the certificate of the key'],
  ];
  for (const [key, other, message] of pairs) {
    if (section[key] !== undefined && section[other] === undefined) problem(key, message);
  }
  if (section.url === undefined) {
    // Files of a login without a URL serve `--state etcd://…`.
    if (section.passwordFile !== undefined && section.user === undefined)
      problem('passwordFile', 'needs user beside it');
    return;
  }
  const url = readUrl(section.url, (message) => problem('url', message));
  if (url !== null) checkLogin(section, url, { problem, warning });
}

function readUrl(url: string, fail: (message: string) => void): EtcdUrl | null {
  try {
    return parseEtcdUrl(url);
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error;
    fail(error.message);
    return null;
  }
}

function checkLogin(section: Section, url: EtcdUrl, { problem, warning }: Remarks): void {
  if (url.user !== null && section.user !== undefined && url.user !== section.user)
    problem('user', `is ${section.user}, but the URL says ${url.user}: keep one of the two`);
  const user = section.user ?? url.user;
  if (url.user !== null && section.user === undefined && section.passwordFile === undefined)
    problem('url', 'has a user: needs passwordFile beside it');
  if (user === null && section.passwordFile !== undefined) problem('passwordFile', 'needs user beside it');
  if (url.secure) return;
  for (const key of ['caFile', 'certFile', 'keyFile'] as const) {
    if (section[key] !== undefined) problem(key, 'means nothing with etcd://: for TLS write etcds://');
  }
  if (user !== null)
    warning('url', 'is without TLS: the password can be read on the way. Write etcds:// where etcd has TLS');
}
