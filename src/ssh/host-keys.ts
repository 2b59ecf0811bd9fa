import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isSystemError } from './system-error.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { knownHostLines, type KnownHostLine } from './known-hosts.ts';

/** By what a server's host key is known. */
export interface HostKeyTrust {
  /** False: any key is accepted. */
  readonly verify: boolean;
  /** `SHA256:…`, from the configuration; files are not looked at then. */
  readonly fingerprint: string | null;
  /** known_hosts files, the first is where a new key would be put. */
  readonly files: readonly string[];
  /** A file that was configured for this host: it has to be readable if it exists. */
  readonly fileIsConfigured: boolean;
  /** What to look for in the files: a host name, an address or ssh_config's HostKeyAlias. */
  readonly lookupName: string;
  /** The port; null with a HostKeyAlias, which stands for itself. */
  readonly lookupPort: number | null;
}

/** A known key with where it stands, for messages. */
export interface KnownKey extends KnownHostLine {
  readonly file: string;
}

/** What is known about one host's keys. */
export interface KnownKeys {
  /** Keys of exactly this host (and port). */
  readonly keys: readonly KnownKey[];
  /**
   * Keys that the files have for the host without its port, when the port is not 22: the same key is accepted,
   * another one is no contradiction (as `ssh` has it).
   */
  readonly keysOfOtherPorts: readonly KnownKey[];
  readonly revoked: readonly KnownKey[];
  /** Files that could not be read, each with the reason. */
  readonly unreadable: readonly string[];
}

/** Why a server's key was not accepted. */
export type HostKeyRefusal =
  | { readonly verdict: 'unknown' }
  | { readonly verdict: 'revoked'; readonly by: KnownKey }
  | { readonly verdict: 'mismatch'; readonly expected: readonly string[] };

/** The outcome of looking at a server's key. */
export type HostKeyVerdict = { readonly verdict: 'accepted' } | HostKeyRefusal;

const NOTHING_KNOWN: KnownKeys = { keys: [], keysOfOtherPorts: [], revoked: [], unreadable: [] };

/**
 * Reads what is known about a host's keys.
 *
 * @throws RdsctlError LOCAL_IO when a configured known_hosts file exists but can't be read
 */
export async function loadKnownKeys(trust: HostKeyTrust): Promise<KnownKeys> {
  if (!trust.verify || trust.fingerprint !== null) return NOTHING_KNOWN;
  const host = trust.lookupName.toLowerCase();
  const hasOtherPort = trust.lookupPort !== null && trust.lookupPort !== 22;
  const known = {
    keys: [] as KnownKey[],
    keysOfOtherPorts: [] as KnownKey[],
    revoked: [] as KnownKey[],
    unreadable: [] as string[],
  };
  for (const file of trust.files) {
    const text = await readKnownHosts(file, trust, known.unreadable);
    const exact = hasOtherPort ? `[${host}]:${trust.lookupPort}` : host;
    for (const line of knownHostLines(text, exact)) addLine(known.keys, { ...line, file });
    if (!hasOtherPort) continue;
    for (const line of knownHostLines(text, host)) addLine(known.keysOfOtherPorts, { ...line, file });
  }
  return known;

  /** Certificates of hosts are not supported, so a certificate authority's key is no host's key. */
  function addLine(list: KnownKey[], key: KnownKey): void {
    if (key.marker === 'revoked') known.revoked.push(key);
    else if (key.marker === null) list.push(key);
  }
}

async function readKnownHosts(file: string, trust: HostKeyTrust, unreadable: string[]): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return '';
    const words = error instanceof Error ? error.message : String(error);
    if (!trust.fileIsConfigured) {
      unreadable.push(`${file}: ${words}`);
      return '';
    }
    throw new RdsctlError('LOCAL_IO', {
      message: `the known_hosts file ${file} can't be read: ${words}`,
      details: { file },
      cause: error,
    });
  }
}

/** The key types that are known for the host: those are asked of it first. */
export function knownKeyTypes(known: KnownKeys): ReadonlySet<string> {
  return new Set([...known.keys, ...known.keysOfOtherPorts].map((key) => key.type));
}

/**
 * Compares a server's key with what is known.
 *
 * A server that shows a key of another type than the known ones is a mismatch too: it was asked for the known
 * types first, so it doesn't have them, and neither would somebody in between who only has a key of his own.
 */
export function judgeHostKey(key: Buffer, trust: HostKeyTrust, known: KnownKeys): HostKeyVerdict {
  if (!trust.verify) return { verdict: 'accepted' };
  if (trust.fingerprint !== null) {
    const expected = trust.fingerprint.replace(/=+$/, '');
    return fingerprintOf(key) === expected
      ? { verdict: 'accepted' }
      : { verdict: 'mismatch', expected: [expected] };
  }
  const revokedBy = known.revoked.find((line) => line.key.equals(key));
  if (revokedBy !== undefined) return { verdict: 'revoked', by: revokedBy };
  if ([...known.keys, ...known.keysOfOtherPorts].some((line) => line.key.equals(key))) {
    return { verdict: 'accepted' };
  }
  if (known.keys.length === 0) return { verdict: 'unknown' };
  return {
    verdict: 'mismatch',
    expected: known.keys.map(
      (line) => `${fingerprintOf(line.key)} (${line.type}, ${line.file}:${line.lineNumber})`,
    ),
  };
}

/** A public key's fingerprint as `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a public key in SSH's encoding says it has (RFC 4253, 6.6). */
export function typeOfKey(key: Buffer): string {
  return key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}
