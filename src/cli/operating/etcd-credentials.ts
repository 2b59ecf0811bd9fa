import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EtcdLocation, TlsFiles } from '../../config/state-location.ts';
import { fileProblem, keyFileProblem } from '../../config/key-files.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';

/** What etcd is shown, and what it is known by. */
export interface Credentials {
  /** PEM texts. */
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
  } | null;
  /** The password is read anew each time: it may be changed while a command waits. */
  readonly login: { readonly user: string; readonly password: () => string } | null;
}

/**
 * Reads the files that a location names.
 * @throws RdsctlError BAD_KEY_FILE when one can't be used; a secret that others can read is none
 */
export function readCredentials({ login, tls }: Pick<EtcdLocation, 'login' | 'tls'>): Credentials {
  if (login !== null) passwordOf(login.passwordFile);
  return {
    tls: tls === null ? null : readTls(tls),
    login: login === null ? null : { user: login.user, password: () => passwordOf(login.passwordFile) },
  };
}

/** The first line, so that an editor's line end is no part of it. */
function passwordOf(file: string): string {
  const [password = '', ...more] = textOf('password file', file, 'secret').split(/\r?\n/);
  if (password === '') throw bad('password file', file, 'holds no password');
  if (more.some((line) => line !== '')) throw bad('password file', file, 'holds more than one line');
  return password;
}

function readTls({ caFile, certFile, keyFile }: TlsFiles): NonNullable<Credentials['tls']> {
  const ca = caFile === null ? null : certificatesOf('CA file', caFile);
  const cert = certFile === null ? null : certificatesOf('certificate', certFile);
  const key = keyFile === null ? null : keyOf(keyFile);
  if (certFile !== null && keyFile !== null && cert !== null && key !== null) {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      throw bad('key file', keyFile, `is not that of the certificate ${certFile}`);
  }
  return { ca, cert, key };
}

/** The days for which a certificate still holds; negative when it ran out. */
export function daysLeft(pem: string, now: Date): number {
  return (Date.parse(new X509Certificate(pem).validTo) - now.getTime()) / 86_400_000;
}

function certificatesOf(what: string, file: string): string {
  const text = textOf(what, file, 'open');
  try {
    return new X509Certificate(text).raw.length > 0 ? text : '';
  } catch (cause) {
    throw bad(what, file, 'holds no certificate in PEM form', cause);
  }
}

function keyOf(file: string): string {
  const text = textOf('key file', file, 'secret');
  if (/ENCRYPTED/.test(text))
    throw bad('key file', file, 'is encrypted: rdsctl has nobody to ask for its passphrase');
  try {
    createPrivateKey(text);
    return text;
  } catch (cause) {
    throw bad('key file', file, 'holds no private key in PEM form', cause);
  }
}

function textOf(what: string, file: string, kind: 'secret' | 'open'): string {
  const problem = kind === 'secret' ? keyFileProblem(file) : fileProblem(file);
  if (problem === null) return readFileSync(file, 'utf8');
  throw new RdsctlError('BAD_KEY_FILE', {
    message: `the ${what} for etcd can't be used: ${problem.message}`,
    now: 'Nothing was sent.',
    hints: problem.fix === null ? CHECK : [{ when: 'To mend it:', run: problem.fix }],
    details: { file },
  });
}

const CHECK = [{ when: 'To look at every file that the configuration names:', run: 'rdsctl config check' }];

function bad(what: string, file: string, why: string, cause?: unknown): RdsctlError {
  return new RdsctlError('BAD_KEY_FILE', {
    message: `the ${what} for etcd can't be used: ${file} ${why}`,
    now: 'Nothing was sent.',
    hints: CHECK,
    details: { file },
    cause,
  });
}
