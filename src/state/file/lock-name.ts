import { createHash } from 'node:crypto';

/** Bytes of an encoded name: two of them and the endings fit into a file name of 255 bytes. */
const LONGEST = 110;

/**
 * A file name for a lock's name or a host's. No two names share one; long names end in a digest.
 */
export function encodeName(name: string): string {
  const encoded = name.replace(/^\.|[^A-Za-z0-9._-]/gu, (part) =>
    [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
  if (encoded.length <= LONGEST) return encoded;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 40);
  return `${encoded.slice(0, LONGEST - digest.length - 1)}~${digest}`;
}

/** The name that {@link encodeName} made a file name of; null for one that it shortened. */
export function decodeName(encoded: string): string | null {
  if (encoded.includes('~')) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
