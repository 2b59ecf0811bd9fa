import { RdsctlError, type Hint } from '../errors/rdsctl-error.ts';
import {
  fingerprintOf,
  typeOfKey,
  type HostKeyTrust,
  type HostKeyRefusal,
  type KnownKeys,
} from './host-keys.ts';
import { quoteForShell } from './quote.ts';

/** The host whose key was looked at. */
interface Host {
  /** How messages name it: rdsctl's name and the address. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
  /** Whether `ssh-keyscan` on this host reaches it: not through a jump host. */
  readonly direct: boolean;
}

/**
 * The error for a host key that was not accepted.
 *
 * @param seen the keys that the server showed, the last one decided
 */
export function hostKeyError(
  verdict: HostKeyRefusal,
  seen: readonly Buffer[],
  host: Host,
  trust: HostKeyTrust,
  known: KnownKeys,
): RdsctlError {
  if (verdict.verdict === 'unknown') return unknownKey(seen, host, trust, known);
  const shown = seen.map(describeKey).join(' and ');
  const details = {
    host: host.host,
    port: host.port,
    seen: seen.map(fingerprintOf),
    seenTypes: seen.map(typeOfKey),
  };
  if (verdict.verdict === 'revoked') {
    return new RdsctlError('HOST_KEY_MISMATCH', {
      message:
        `${host.label} shows the host key ${shown}, which is marked @revoked in ` +
        `${verdict.by.file}:${verdict.by.lineNumber}`,
      now: 'No login was tried.',
      details: { ...details, revokedIn: `${verdict.by.file}:${verdict.by.lineNumber}` },
    });
  }
  return new RdsctlError('HOST_KEY_MISMATCH', {
    message:
      `${host.label} shows the host key ${shown}, but expected was ${verdict.expected.join(' or ')}: ` +
      'the host was installed anew, or this is another machine, or somebody is in between',
    now: 'No login was tried.',
    hints: trust.fingerprint === null ? forgetHint(trust) : configHint('If the new key is right', seen),
    details: { ...details, expected: verdict.expected },
  });
}

function unknownKey(seen: readonly Buffer[], host: Host, trust: HostKeyTrust, known: KnownKeys): RdsctlError {
  const where = trust.files.length === 0 ? 'no known_hosts file' : trust.files.join(', ');
  const unreadable =
    known.unreadable.length === 0 ? '' : ` (could not be read: ${known.unreadable.join('; ')})`;
  return new RdsctlError('HOST_KEY_UNKNOWN', {
    message: `${host.label} shows the host key ${seen.map(describeKey).join(' and ')}, which is not known: not in ${where}${unreadable}`,
    now: 'No login was tried.',
    hints: [
      ...configHint('If that fingerprint is right, put it into the configuration', seen),
      ...keyscanHint(host, trust, seen),
    ],
    details: {
      host: host.host,
      port: host.port,
      seen: seen.map(fingerprintOf),
      seenTypes: seen.map(typeOfKey),
      knownHosts: trust.files,
    },
  });
}

function describeKey(key: Buffer): string {
  return `${fingerprintOf(key)} (${typeOfKey(key)})`;
}

function configHint(when: string, seen: readonly Buffer[]): Hint[] {
  const last = seen.at(-1);
  return last === undefined ? [] : [{ when, run: `hostKey: ${fingerprintOf(last)}` }];
}

function keyscanHint(host: Host, trust: HostKeyTrust, seen: readonly Buffer[]): Hint[] {
  const [file] = trust.files;
  if (file === undefined || !host.direct || trust.lookupName !== host.host) return [];
  const type = seen
    .map(typeOfKey)
    .at(-1)
    ?.replace(/^ssh-|^ecdsa-.*/, (prefix) => (prefix === 'ssh-' ? '' : 'ecdsa'));
  const words = [
    'ssh-keyscan',
    ...(type === undefined ? [] : ['-t', type]),
    '-p',
    String(host.port),
    host.host,
  ];
  return [
    {
      when: 'Or into known_hosts, when the network between is trusted',
      run: `${quoteForShell(words)} >> ${quoteForShell([file])}`,
    },
  ];
}

function forgetHint(trust: HostKeyTrust): Hint[] {
  const [file] = trust.files;
  if (file === undefined) return [];
  const name =
    trust.lookupPort === null || trust.lookupPort === 22
      ? trust.lookupName
      : `[${trust.lookupName}]:${trust.lookupPort}`;
  return [
    {
      when: 'If the new key is right, forget the old one',
      run: quoteForShell(['ssh-keygen', '-R', name, '-f', file]),
    },
  ];
}
