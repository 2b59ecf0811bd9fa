import type { Key } from './keys.ts';

const QUESTION = '-- [Q quit|D dump|down]';

/** What shows lines on a terminal. */
export interface PagedScreen {
  write(text: string): void;
  line(text: string): void;
  /** Lines of the terminal. */
  readonly height: number;
  /** The next key; undefined when none will come. */
  nextKey(signal: AbortSignal): Promise<Key | undefined>;
}

/**
 * Shows lines a screen at a time (the question: seen; its keys: manual). Q ends it, D shows the rest at once, an arrow
 * down or Enter shows one line more, other keys the next page.
 */
export async function showPaged(
  lines: readonly string[],
  screen: PagedScreen,
  signal: AbortSignal,
): Promise<void> {
  const page = Math.max(1, screen.height - 1);
  let from = 0;
  let count = page;
  for (;;) {
    for (const line of lines.slice(from, from + count)) screen.line(line);
    from += count;
    if (from >= lines.length) return;
    screen.write(QUESTION);
    const key = await screen.nextKey(signal);
    if (key === undefined) return;
    screen.write(`\r${' '.repeat(QUESTION.length)}\r`);
    const letter = key.kind === 'text' ? key.text.charAt(0).toLowerCase() : '';
    if (letter === 'q' || (key.kind === 'name' && key.name === 'interrupt')) return;
    if (letter === 'd') count = lines.length;
    else count = key.kind === 'name' && ['down', 'enter'].includes(key.name) ? 1 : page;
  }
}
