import { createHmac } from 'node:crypto';

/** A line of a known_hosts file that speaks about a host (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHostLine {
  readonly marker: 'revoked' | 'cert-authority' | null;
  /** The key's type as it stands in the line, for example `ssh-rsa`. */
  readonly type: string;
  /** The public key, as the server sends it. */
  readonly key: Buffer;
  readonly lineNumber: number;
}

/**
 * The lines of a known_hosts file about a host of that name. Lines that can not be understood are passed
 * over, as OpenSSH does.
 *
 * @param name what `ssh` looks for: the host name in lower case, or `[host]:port` for a port other than 22
 */
export function knownHostLines(text: string, name: string): KnownHostLine[] {
  const found: KnownHostLine[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === undefined || words[0] === '' || words[0].startsWith('#')) continue;
    const marker = readMarker(words[0]);
    if (marker === 'unknown') continue;
    const [patterns, type, base64] = marker === null ? words : words.slice(1);
    if (patterns === undefined || type === undefined || base64 === undefined) continue;
    if (!matchesPatternList(patterns, name)) continue;
    found.push({ marker, type, key: Buffer.from(base64, 'base64'), lineNumber: index + 1 });
  }
  return found;
}

function readMarker(word: string): KnownHostLine['marker'] | 'unknown' {
  if (!word.startsWith('@')) return null;
  if (word === '@revoked') return 'revoked';
  return word === '@cert-authority' ? 'cert-authority' : 'unknown';
}

function matchesPatternList(patterns: string, name: string): boolean {
  if (patterns.startsWith('|')) return matchesHashed(patterns, name);
  return matchesPatterns(patterns.toLowerCase().split(','), name);
}

/** `|1|salt|hash`: the HMAC-SHA1 of the name with the salt as key, both in base64. */
function matchesHashed(pattern: string, name: string): boolean {
  const [, version, salt, hash] = pattern.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/**
 * Whether a name is in a list of patterns (ssh_config(5), PATTERNS): `*` and `?` are wildcards, and one
 * pattern with `!` that matches overrules all others.
 */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
