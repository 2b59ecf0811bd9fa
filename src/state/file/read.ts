import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isCopyName } from '../backup-name.ts';
import type { Attachment } from '../../attachment/attachment.ts';
import { decodeAttachments } from '../attachment-lines.ts';
import { decodeState, type Decoded } from '../envelope.ts';
import { damaged, foreignLineage } from '../faults.ts';
import { systemCode, unreadable } from './faults.ts';
import { backupsPath, markerPath, statePath } from './paths.ts';

/** Null when a state was never written here. */
export type ReadResult = Decoded | null;

/**
 * Reads and checks the state file of a directory. Takes no lock: the file is only ever replaced as a whole.
 * @throws RdsctlError STATE_UNREADABLE, STATE_DAMAGED, STATE_NEWER, FOREIGN_LINEAGE.
 */
export function readStateFile(directory: string): ReadResult {
  return readWith(directory, decodeState, ({ state }) => state.lineage);
}

/** A state file as it was read, byte for byte. */
export interface Read {
  readonly bytes: Buffer;
  readonly decoded: Decoded;
}

/**
 * Reads and checks the state file, as {@link readStateFile} does. What is the same as before, byte for byte, is not
 * parsed again.
 * @throws RdsctlError as readStateFile
 */
export function readStateAgain(directory: string, before: Read | null): Read | null {
  return readWith(
    directory,
    (bytes, path) =>
      before?.bytes.equals(bytes) === true ? before : { bytes, decoded: decodeState(bytes, path) },
    ({ decoded }) => decoded.state.lineage,
  );
}

/**
 * The attachments of the state of a directory, for looking at: see decodeAttachments. None when a state was never
 * written here.
 * @throws RdsctlError as readStateFile
 */
export function readAttachments(directory: string): readonly Attachment[] {
  return readWith(directory, decodeAttachments, ({ lineage }) => lineage)?.attachments ?? [];
}

function readWith<T>(
  directory: string,
  decode: (bytes: Buffer, path: string) => T,
  lineageOf: (decoded: T) => string,
): T | null {
  const path = statePath(directory);
  // Looked at before the state: whoever makes the first commit writes the state first.
  const lineage = readMarker(directory);
  let bytes = readOrNull(path);
  if (bytes === null) {
    if (!hasHistory(directory, lineage)) return null;
    bytes = readOrNull(path); // The first commit may just have been made.
  }
  if (bytes === null) throw damaged(path, 'it is missing, although a state was kept here before');
  const decoded = decode(bytes, path);
  const found = lineageOf(decoded);
  if (lineage !== null && lineage !== found) throw foreignLineage(path, lineage, found);
  return decoded;
}

/** The lineage that belongs to the directory; null before the first commit. */
export function readMarker(directory: string): string | null {
  const path = markerPath(directory);
  const bytes = readOrNull(path);
  if (bytes === null) return null;
  const found = /^([0-9a-f-]{36})\n$/.exec(bytes.toString('latin1'))?.[1];
  if (found === undefined) throw damaged(path, 'it holds no lineage');
  return found;
}

function hasHistory(directory: string, lineage: string | null): boolean {
  if (lineage !== null || existsSync(markerPath(directory))) return true;
  try {
    return readdirSync(backupsPath(directory)).some(isCopyName);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw unreadable(backupsPath(directory), error);
  }
}

function readOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    if (systemCode(error) === 'EISDIR') throw damaged(path, 'a directory is in its place', error);
    throw unreadable(path, error);
  }
}
