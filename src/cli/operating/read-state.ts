import type { Attachment } from '../../attachment/attachment.ts';
import type { StateLocation } from '../../config/state-location.ts';
import { readAttachments, readStateFile } from '../../state/file/read.ts';
import { EMPTY_STATE, type State } from '../../state/state.ts';

/** Milliseconds that a cluster has for its answer. */
const TIMEOUT_MS = 10_000;

/**
 * The state of a location, for commands that only look at it and should start at once: of a directory nothing
 * but the file is read, and nothing else loaded.
 * @throws RdsctlError as StateStore.read, and the signal's reason
 */
export async function readState(location: StateLocation, signal: AbortSignal): Promise<State> {
  if (location.kind === 'file') return readStateFile(location.directory)?.state ?? EMPTY_STATE;
  const [{ openStore }, { nobody }] = await Promise.all([
    import('./open-store.ts'),
    import('./store-options.ts'),
  ]);
  const store = await openStore(location, {
    backups: 0,
    timeoutMs: TIMEOUT_MS,
    holder: nobody('rdsctl list'),
    signal,
  });
  try {
    return await store.read();
  } finally {
    await store.close();
  }
}

/** The attachments alone, for looking at: of a directory they are there sooner than the whole state. Throws as readState. */
export async function listAttachments(
  location: StateLocation,
  signal: AbortSignal,
): Promise<readonly Attachment[]> {
  if (location.kind === 'file') return readAttachments(location.directory);
  return Object.values((await readState(location, signal)).attachments);
}
