import { readFile, stat } from 'node:fs/promises';
import type { ParsedKey, utils } from 'ssh2';
import { isSystemError, systemWords } from './system-error.ts';

/** What a key file turned out to be. */
export type KeyFile =
  | { readonly kind: 'private'; readonly path: string; readonly key: ParsedKey }
  /** Encrypted; the public key is known when the file, or the one with `.pub` beside it, says it. */
  | { readonly kind: 'encrypted'; readonly path: string; readonly publicKey: Buffer | null }
  /** Only the public key, as ssh_config may name it to choose a key of the agent. */
  | { readonly kind: 'public'; readonly path: string; readonly publicKey: Buffer }
  | { readonly kind: 'missing'; readonly path: string }
  /** `why` completes a sentence about the file; `fix` is the command that mends it. */
  | { readonly kind: 'bad'; readonly path: string; readonly why: string; readonly fix: string[] | null };

/** No key is larger: RSA with 16384 bits is 13 KB. */
const MAX_BYTES = 64 * 1024;

/** Reads a key file; whatever is wrong with it is in the result. */
export async function readKeyFile(path: string, parseKey: typeof utils.parseKey): Promise<KeyFile> {
  let content: Buffer;
  let mode: number;
  try {
    const status = await stat(path);
    if (status.isDirectory()) return { kind: 'bad', path, why: 'is a directory', fix: null };
    if (status.size > MAX_BYTES) return { kind: 'bad', path, why: 'is too large for a key', fix: null };
    mode = status.mode;
    content = await readFile(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return { kind: 'missing', path };
    return { kind: 'bad', path, why: `can't be read: ${systemWords(error)}`, fix: null };
  }
  const isPrivate = content.includes('PRIVATE KEY-----') || content.includes('PuTTY-User-Key-File');
  if (isPrivate && (mode & 0o077) !== 0) {
    const why = `is readable by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`;
    return { kind: 'bad', path, why, fix: ['chmod', '600', path] };
  }
  const parsed = parseKey(content);
  // Several keys in one file are a matter of PuTTY's and OpenSSH's formats; neither writes more than one.
  const key = Array.isArray(parsed) ? (parsed as ParsedKey[])[0] : parsed;
  if (key !== undefined && !(key instanceof Error)) {
    if (key.isPrivateKey()) return { kind: 'private', path, key };
    return { kind: 'public', path, publicKey: key.getPublicSSH() };
  }
  if (key !== undefined && /^Encrypted/.test(key.message)) {
    return { kind: 'encrypted', path, publicKey: await publicKeyOf(path, content, parseKey) };
  }
  if (!isPrivate) return { kind: 'bad', path, why: 'is not a private key', fix: null };
  const why = 'is a private key in a format or of a type that is not supported';
  return { kind: 'bad', path, why, fix: ['ssh-keygen', '-p', '-f', path] };
}

/** The public key of an encrypted file: OpenSSH's format has it in clear, for others there may be `FILE.pub`. */
async function publicKeyOf(
  path: string,
  content: Buffer,
  parseKey: typeof utils.parseKey,
): Promise<Buffer | null> {
  const inside = publicKeyInside(content);
  if (inside !== null) return inside;
  const parsed = await readFile(`${path}.pub`).then(parseKey, () => null);
  return parsed === null || parsed instanceof Error ? null : parsed.getPublicSSH();
}

/**
 * The public key in clear in an OpenSSH private key file: magic, cipher name, KDF name, KDF options, number
 * of keys, public key (openssh-portable, PROTOCOL.key).
 */
function publicKeyInside(content: Buffer): Buffer | null {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(
    content.toString('latin1'),
  );
  if (base64?.[1] === undefined) return null;
  const data = Buffer.from(base64[1], 'base64');
  const magic = 'openssh-key-v1\0';
  if (data.toString('latin1', 0, magic.length) !== magic) return null;
  try {
    let offset = magic.length;
    for (let skipped = 0; skipped < 3; skipped++) offset += 4 + data.readUInt32BE(offset);
    offset += 4;
    const length = data.readUInt32BE(offset);
    const key = data.subarray(offset + 4, offset + 4 + length);
    return key.length === length ? key : null;
  } catch {
    return null; // cut short
  }
}
