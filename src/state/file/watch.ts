import { watch } from 'node:fs';
import { EMPTY_STATE, type State } from '../state.ts';
import { readStateFile } from './read.ts';

/** Milliseconds that files are left alone after one of them changed: a commit touches several. */
const SETTLE_MS = 20;

/**
 * The state of a directory, and each later one as it comes; of several that come together the last. The kernel
 * tells when something changed; where it can't (a directory that is shared between hosts, or not there yet)
 * it is looked at every `pollMs`.
 * @throws RdsctlError as a read does
 */
export async function* watchState(
  directory: string,
  { pollMs, signal }: { readonly pollMs: number; readonly signal: AbortSignal },
): AsyncGenerator<State, void, undefined> {
  let last: string | null = null;
  while (!signal.aborted) {
    // Watched before it is read: what changes in between is not missed.
    const change = nextChange(directory, pollMs, signal);
    try {
      const found = readStateFile(directory);
      const mark = found === null ? '' : `${found.state.lineage} ${found.state.serial} ${found.checksum}`;
      if (mark !== last) {
        last = mark;
        yield found?.state ?? EMPTY_STATE;
      }
      await change.happens;
    } finally {
      change.forget();
    }
  }
}

/** Resolves after a change in the directory, after `pollMs`, or when the signal is aborted. */
function nextChange(
  directory: string,
  pollMs: number,
  signal: AbortSignal,
): { readonly happens: Promise<void>; forget(): void } {
  let forget = (): void => undefined;
  const happens = new Promise<void>((resolve) => {
    const timers = [setTimeout(resolve, pollMs)];
    const soon = (): void => void timers.push(setTimeout(resolve, SETTLE_MS));
    const atOnce = (): void => {
      resolve();
    };
    signal.addEventListener('abort', atOnce, { once: true });
    const watcher = watcherOf(directory, soon);
    forget = () => {
      watcher?.close();
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', atOnce);
    };
    if (signal.aborted) resolve();
  });
  return { happens, forget };
}

/** Null where the kernel does not tell of changes: then the poll is all there is. */
function watcherOf(directory: string, onChange: () => void): { close(): void } | null {
  try {
    const watcher = watch(directory, onChange);
    watcher.on('error', onChange);
    return watcher;
  } catch {
    return null;
  }
}
