import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { daysLeft, readCredentials } from '../../src/cli/operating/etcd-credentials.ts';
import type { TlsFiles } from '../../src/config/state-location.ts';
import { isReason } from '../../src/errors/rdsctl-error.ts';

let dir: string;
const at = (name: string): string => join(dir, name);

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rdsctl-credentials-'));
  for (const name of ['one', 'two'])
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '10',
        '-subj',
        `/CN=${name}`,
      ].concat(['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)]),
      { stdio: 'pipe' },
    );
  execFileSync('openssl', [
    'pkcs8',
    '-topk8',
    '-in',
    at('one.key'),
    '-passout',
    'pass:x',
    '-out',
    at('locked.key'),
  ]);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

beforeEach(() => {
  writeFileSync(at('password'), 'hunter2\n');
  for (const name of ['password', 'one.key', 'two.key', 'locked.key']) chmodSync(at(name), 0o600);
  for (const name of ['one.pem', 'two.pem']) chmodSync(at(name), 0o644);
});

const files = (over: Partial<TlsFiles> = {}): TlsFiles => ({
  caFile: at('two.pem'),
  certFile: at('one.pem'),
  keyFile: at('one.key'),
  ...over,
});

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isReason(error, 'BAD_KEY_FILE')) {
      expect(error.exitCode).toBe(2);
      expect(JSON.stringify(error)).not.toContain('hunter2');
      return error.message;
    }
    throw error;
  }
  return 'nothing was refused';
}

describe('the files for etcd', () => {
  it('are read where they are named', () => {
    const { tls, login } = readCredentials({
      tls: files(),
      login: { user: 'ann', passwordFile: at('password') },
    });
    expect(tls).toEqual({
      ca: expect.stringContaining('BEGIN CERTIFICATE') as unknown,
      cert: expect.stringContaining('BEGIN CERTIFICATE') as unknown,
      key: expect.stringContaining('PRIVATE KEY') as unknown,
    });
    expect([login?.user, login?.password()]).toEqual(['ann', 'hunter2']);
    expect(readCredentials({ tls: null, login: null })).toEqual({ tls: null, login: null });
    expect(
      readCredentials({ tls: files({ caFile: null, certFile: null, keyFile: null }), login: null }).tls,
    ).toEqual({
      ca: null,
      cert: null,
      key: null,
    });
  });

  it('a password that is changed meanwhile is the new one', () => {
    const { login } = readCredentials({ tls: null, login: { user: 'ann', passwordFile: at('password') } });
    writeFileSync(at('password'), 'second');
    expect(login?.password()).toBe('second');
    chmodSync(at('password'), 0o640);
    expect(refusal(() => login?.password())).toContain('can be read by others (mode 0640)');
  });

  it.each([
    ['', 'holds no password'],
    ['\n', 'holds no password'],
    ['a\nb\n', 'more than one line'],
  ])('a password file with %j is refused', (text, message) => {
    writeFileSync(at('password'), text);
    const login = { user: 'ann', passwordFile: at('password') };
    expect(refusal(() => readCredentials({ tls: null, login }))).toContain(message);
  });

  it('secrets that others can read are refused, with the line that mends it', () => {
    chmodSync(at('password'), 0o604);
    expect(
      refusal(() => readCredentials({ tls: null, login: { user: 'a', passwordFile: at('password') } })),
    ).toContain('mode 0604');
    chmodSync(at('one.key'), 0o644);
    expect(refusal(() => readCredentials({ tls: files(), login: null }))).toContain('can be read by others');
  });

  it.each([
    ['a CA file that is none', { caFile: 'one.key' }, 'holds no certificate'],
    ['a certificate that is none', { certFile: 'password' }, 'holds no certificate'],
    ['a key that is none', { keyFile: 'password' }, 'holds no private key'],
    ['the key of another certificate', { keyFile: 'two.key' }, 'is not that of the certificate'],
    ['a key with a passphrase', { keyFile: 'locked.key' }, 'is encrypted'],
    ['a file that is not there', { caFile: 'missing' }, 'does not exist'],
    ['a directory', { keyFile: '.' }, 'is not a file'],
  ])('%s is refused', (_, over, message) => {
    const named = Object.fromEntries(Object.entries(over).map(([key, name]) => [key, at(name)]));
    expect(refusal(() => readCredentials({ tls: files(named), login: null }))).toContain(message);
  });

  it('a certificate tells how long it holds', () => {
    const { tls } = readCredentials({ tls: files(), login: null });
    expect(Math.round(daysLeft(tls?.cert ?? '', new Date()))).toBe(10);
    expect(daysLeft(tls?.cert ?? '', new Date(Date.now() + 11 * 86_400_000))).toBeLessThan(0);
  });
});
