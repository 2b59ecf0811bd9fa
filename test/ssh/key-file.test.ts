import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readKeyFile, type KeyFile } from '../../src/ssh/key-file.ts';
import { makeDirectory, makeKey, run, writeFile } from './fixtures/workspace.ts';

const { path: directory, remove } = makeDirectory();
let file: string;
let count = 0;

beforeAll(() => {
  mkdirSync(directory, { recursive: true });
});

afterAll(remove);

beforeEach(() => {
  file = join(directory, String(count++));
});

function read(path = file): Promise<KeyFile> {
  return readKeyFile(path, ssh2.utils.parseKey);
}

function publicKey(line: string): Buffer {
  return Buffer.from(line.split(' ')[1] ?? '', 'base64');
}

test.each(['ed25519', 'rsa', 'ecdsa'] as const)('an %s key of OpenSSH', async (type) => {
  const { line } = makeKey(file, type);
  const found = await read();
  expect(found.kind === 'private' && found.key.getPublicSSH()).toEqual(publicKey(line));
});

test('an RSA key in PEM', async () => {
  makeKey(file, 'rsa');
  run('ssh-keygen', ['-q', '-p', '-m', 'PEM', '-N', '', '-f', file]);
  expect((await read()).kind).toBe('private');
});

test('an encrypted key tells its public key, from inside or from the file beside it', async () => {
  const { line } = makeKey(file, 'ed25519', 'secret words');
  renameSync(`${file}.pub`, `${file}.kept`);
  expect(await read()).toEqual({ kind: 'encrypted', path: file, publicKey: publicKey(line) });

  const pem = `${file}-pem`;
  const rsa = makeKey(pem, 'rsa', 'secret words');
  run('ssh-keygen', ['-q', '-p', '-m', 'PEM', '-P', 'secret words', '-N', 'other words', '-f', pem]);
  expect(await read(pem)).toEqual({ kind: 'encrypted', path: pem, publicKey: publicKey(rsa.line) });
  rmSync(`${pem}.pub`);
  expect(await read(pem)).toEqual({ kind: 'encrypted', path: pem, publicKey: null });
});

test('a public key', async () => {
  const { line } = makeKey(file, 'ed25519');
  expect(await read(`${file}.pub`)).toEqual({
    kind: 'public',
    path: `${file}.pub`,
    publicKey: publicKey(line),
  });
});

test('no file', async () => {
  expect((await read()).kind).toBe('missing');
  expect((await read(join(writeFile(file, ''), 'below'))).kind).toBe('missing');
});

test.each([0o640, 0o604, 0o660, 0o644])('a key with mode %o is bad', async (mode) => {
  makeKey(file, 'ed25519');
  chmodSync(file, mode);
  expect(await read()).toEqual({
    kind: 'bad',
    path: file,
    why: `is readable by others (mode 0${mode.toString(8)})`,
    fix: ['chmod', '600', file],
  });
});

test('what is no key', async () => {
  expect(await read(directory)).toMatchObject({ kind: 'bad', why: 'is a directory' });
  expect(await read(writeFile(file, 'hello'))).toMatchObject({ kind: 'bad', why: 'is not a private key' });
  expect(await read(writeFile(file, ''))).toMatchObject({ kind: 'bad', why: 'is not a private key' });
  expect(await read(writeFile(file, 'x'.repeat(65 * 1024)))).toMatchObject({
    kind: 'bad',
    why: 'is too large for a key',
  });
});

test('a key in a format that ssh2 does not read says how to convert it', async () => {
  makeKey(file, 'rsa');
  run('ssh-keygen', ['-q', '-p', '-m', 'PKCS8', '-N', '', '-f', file]);
  expect(await read()).toMatchObject({ kind: 'bad', fix: ['ssh-keygen', '-p', '-f', file] });
});

test('a key that was cut short is bad', async () => {
  const cut =
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n';
  expect((await read(writeFile(file, cut))).kind).toBe('bad');
});
