import type { Key } from './keys.ts';
import type { KeyQueue } from './key-queue.ts';

/** What is asked first: who the terminal is, and where its cursor (seen on 7.16.1). */
const WHO = '\r\x1b[9999B\r\x1b[9999B\x1bZ  \x1b[6n';
/** Then where the last line and the last column are (seen). */
const HOW_LARGE = ['\x1b[H\x1b[9999B\x1b[6n', '\x1b[H\x1b[9999C\x1b[6n'];
/** How long a device waits for answers is not known. */
const USUAL_MS = 1_000;

export interface DetectedTerminal {
  /** Whether it told where its cursor is. */
  readonly ansi: boolean;
  readonly size?: { readonly columns: number; readonly rows: number };
}

/** Asks the terminal what it can do. One that answers only who it is, or nothing, can do nothing. */
export async function detectTerminal(
  keys: KeyQueue,
  write: (text: string) => Promise<void>,
  answerMs = USUAL_MS,
): Promise<DetectedTerminal> {
  const late = AbortSignal.timeout(answerMs);
  const typed: Key[] = [];
  const cursors: (Key & { readonly kind: 'cursor' })[] = [];
  await write(WHO);
  while (cursors.length <= HOW_LARGE.length) {
    const key = await keys.next(late);
    if (key === undefined) break;
    if (key.kind === 'identified') continue;
    if (key.kind !== 'cursor') {
      typed.push(key);
      // Something that answers with a line of text, or a user who types: nothing more will come of it.
      if (key.kind === 'name' && key.name === 'enter') break;
      continue;
    }
    const next = HOW_LARGE[cursors.length];
    cursors.push(key);
    if (next !== undefined) await write(next);
  }
  keys.giveBack(typed);
  const [first, foot, edge] = cursors;
  if (first === undefined) return { ansi: false };
  if (foot === undefined || edge === undefined) return { ansi: true };
  return { ansi: true, size: { columns: edge.column, rows: foot.row } };
}
