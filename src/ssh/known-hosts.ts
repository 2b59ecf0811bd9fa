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
  const { named, others } = fileOf(text);
  return [...(named.get(name) ?? []), ...others.filter(({ patterns }) => matchesPatternList(patterns, name))]
    .sort((a, b) => a.lineNumber - b.lineNumber)
    .map(({ marker, type, base64, lineNumber }) => ({
      marker,
      type,
      key: Buffer.from(base64, 'base64'),
      lineNumber,
    }));
}

/** A line that can be understood, about whichever hosts. */
interface Entry extends Omit<KnownHostLine, 'key'> {
  readonly patterns: string;
  readonly base64: string;
}

/** A file, taken apart. */
interface KnownHostsFile {
  readonly text: string;
  /** Lines that name hosts and nothing else, by each of these names. */
  readonly named: ReadonlyMap<string, readonly Entry[]>;
  /** Lines with wildcards, and hashed ones. */
  readonly others: readonly Entry[];
}

/**
 * What was read last: a fleet's nodes stand in one file, and to go through all of it for each of them would take a
 * time that grows with the square of their number.
 */
let last: KnownHostsFile | null = null;

function fileOf(text: string): KnownHostsFile {
  if (last?.text === text) return last;
  const named = new Map<string, Entry[]>();
  const others: Entry[] = [];
  for (const entry of readEntries(text)) {
    if (/[*?!|]/.test(entry.patterns)) others.push(entry);
    else {
      for (const name of new Set(entry.patterns.split(','))) {
        named.set(name, [...(named.get(name) ?? []), entry]);
      }
    }
  }
  last = { text, named, others };
  return last;
}

function readEntries(text: string): Entry[] {
  const entries: Entry[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === undefined || words[0] === '' || words[0].startsWith('#')) continue;
    const marker = readMarker(words[0]);
    if (marker === 'unknown') continue;
    const [patterns, type, base64] = marker === null ? words : words.slice(1);
    if (patterns === undefined || type === undefined || base64 === undefined) continue;
    const hashed = patterns.startsWith('|');
    entries.push({
      marker,
      type,
      base64,
      patterns: hashed ? patterns : patterns.toLowerCase(),
      lineNumber: index + 1,
    });
  }
  return entries;
}

function readMarker(word: string): KnownHostLine['marker'] | 'unknown' {
  if (!word.startsWith('@')) return null;
  if (word === '@revoked') return 'revoked';
  return word === '@cert-authority' ? 'cert-authority' : 'unknown';
}

function matchesPatternList(patterns: string, name: string): boolean {
  if (patterns.startsWith('|')) return matchesHashed(patterns, name);
  return matchesPatterns(patterns.split(','), name);
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
