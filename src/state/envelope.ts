import type { Hash } from 'node:crypto';
import type { State } from './state.ts';
import { damaged, newer } from './faults.ts';
import { BodyMismatch, sealBody, sealedState } from './sealed.ts';

/**
 * The file:
 *
 *     {
 *       "format": "rdsctl-state",
 *       "schema": 1,
 *       "checksum": "sha256:…",
 *       "lineage": "…",
 *       "serial": 12,
 *       "body": { "attachments": {…}, "tokens": {…}, "nodes": {…} }
 *     }
 *
 * The checksum is over every byte of the file but its own 64 hexadecimal digits, so a change of any bit,
 * white space included, is found. The layout of the first four lines is part of the format in every schema.
 */
const SCHEMA = 1;

/** Loaded with the first file: a command that finds none does without what takes a third of a short command's time. */
const sha256 = (): Hash => process.getBuiltinModule('node:crypto').createHash('sha256');

const HEADER =
  /^(\{\n {2}"format": "rdsctl-state",\n {2}"schema": (0|[1-9]\d{0,8}),\n {2}"checksum": "sha256:)([0-9a-f]{64})",\n/;

/** A state file that was read and found whole. */
export interface Decoded {
  readonly state: State;
  readonly checksum: string;
  /** The body as it stands in the file, to tell whether a change changes anything. */
  readonly bodyText: string;
}

export interface Encoded {
  readonly bytes: Buffer;
  readonly checksum: string;
}

/** The file's bytes for a state whose body is already text. */
export function encodeState(lineage: string, serial: number, bodyText: string): Encoded {
  const head = `{\n  "format": "rdsctl-state",\n  "schema": ${SCHEMA},\n  "checksum": "sha256:`;
  const tail = `",\n  "lineage": ${JSON.stringify(lineage)},\n  "serial": ${serial},\n  "body": ${bodyText}\n}\n`;
  const checksum = sha256().update(head).update(tail).digest('hex');
  return { bytes: Buffer.from(head + checksum + tail), checksum };
}

/** A state file that was found whole, but not looked into yet. */
export interface Opened {
  readonly text: string;
  readonly checksum: string;
  /** Where the text goes on after the first four lines. */
  readonly at: number;
}

/**
 * Reads a file's bytes.
 * @param path for messages.
 * @throws RdsctlError STATE_DAMAGED, STATE_NEWER.
 */
export function decodeState(bytes: Buffer, path: string): Decoded {
  return decodeOpened(openEnvelope(bytes, path), path);
}

/** Checks that a file is whole, and of this schema. @throws RdsctlError STATE_DAMAGED, STATE_NEWER */
export function openEnvelope(bytes: Buffer, path: string): Opened {
  const header = HEADER.exec(bytes.toString('latin1', 0, 256));
  if (header === null) throw withoutHeader(bytes, path);
  const [, head = '', schemaText = '', expected = ''] = header;
  const schema = Number(schemaText);
  const checksum = sha256()
    .update(bytes.subarray(0, head.length))
    .update(bytes.subarray(head.length + expected.length))
    .digest('hex');
  const fits = checksum === expected;
  if (schema > SCHEMA) throw newer(path, schema, fits);
  if (!fits) throw damaged(path, mismatchText(bytes));
  if (schema !== SCHEMA) throw damaged(path, 'it has no lineage');
  return { text: bytes.toString(), checksum, at: header[0].length };
}

/** Parses and checks what a file holds. @throws RdsctlError STATE_DAMAGED */
export function decodeOpened({ text, checksum }: Opened, path: string): Decoded {
  const { lineage, serial, body } = parse(text, path);
  if (typeof lineage !== 'string' || lineage === '') throw damaged(path, 'it has no lineage');
  if (!Number.isSafeInteger(serial) || (serial as number) < 1) throw damaged(path, 'it has no serial number');
  try {
    return {
      state: sealedState(lineage, serial as number, sealBody(body)),
      checksum,
      bodyText: text.slice(text.indexOf('  "body": ') + '  "body": '.length, -'\n}\n'.length),
    };
  } catch (error) {
    if (error instanceof BodyMismatch) throw damaged(path, error.message, error);
    throw error;
  }
}

interface Envelope {
  readonly lineage?: unknown;
  readonly serial?: unknown;
  readonly body?: unknown;
}

function parse(text: string, path: string): Envelope {
  try {
    return JSON.parse(text) as Envelope;
  } catch (error) {
    throw damaged(path, 'it is not JSON', error);
  }
}

function mismatchText(bytes: Buffer): string {
  return bytes.subarray(-3).equals(Buffer.from('\n}\n'))
    ? 'its checksum does not match'
    : 'its end is missing and its checksum does not match';
}

/** Why a file that doesn't begin as a state file does is none. */
function withoutHeader(bytes: Buffer, path: string): Error {
  if (bytes.length === 0) return damaged(path, 'it is empty');
  if (bytes.every((byte) => byte === 0)) return damaged(path, 'it holds nothing but NUL bytes');
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value === 'object' && value !== null && 'format' in value && value.format === 'rdsctl-state') {
      const schema = 'schema' in value ? value.schema : undefined;
      if (typeof schema === 'number' && schema > SCHEMA) return newer(path, schema, false);
      return damaged(path, 'it was changed by something other than rdsctl');
    }
    return damaged(path, 'it is not a state file of rdsctl');
  } catch (error) {
    return damaged(path, 'it does not begin as a state file does', error);
  }
}
