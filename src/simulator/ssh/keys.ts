import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';

const { utils } = ssh2;

/** A key pair of which the private half lies in a file. */
export interface KeyFile {
  readonly path: string;
  /** As OpenSSH or PEM writes it. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint: string;
}

/** Reads the key at `path`, or makes one and puts it there (mode 0600), its public half beside it. */
export function keyAt(path: string, type: 'ed25519' | 'rsa'): KeyFile {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, newPrivateKey(type), { mode: 0o600 });
  }
  const privateKey = readFileSync(path, 'utf8');
  const parsed = parsePrivate(privateKey);
  const blob = parsed.getPublicSSH();
  const publicKey = `${parsed.type} ${blob.toString('base64')}`;
  if (!existsSync(`${path}.pub`)) writeFileSync(`${path}.pub`, `${publicKey} rdsctl-simulator\n`);
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { path, privateKey, publicKey, fingerprint: `SHA256:${digest}` };
}

/** The first key that a text holds. */
export function parsePublic(text: string): ParsedKey {
  const parsed = utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}

function parsePrivate(text: string): ParsedKey {
  return parsePublic(text);
}

function newPrivateKey(type: 'ed25519' | 'rsa'): string {
  if (type === 'ed25519') return newEd25519Key();
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey;
}

/** Some of the keys that ssh2 makes it can't read itself, nor can OpenSSH: those are thrown away. */
function newEd25519Key(): string {
  for (;;) {
    const text = `${utils.generateKeyPairSync('ed25519').private.trimEnd()}\n`;
    if (!(utils.parseKey(text) instanceof Error)) return text;
  }
}
