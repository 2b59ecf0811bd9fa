import type { TextOutput } from './cli-io.ts';

/** A picture on a terminal that is drawn again and again in its place. */
export interface Screen {
  /** Puts a picture in the place of the last one. What is too wide or too high is cut. */
  show(text: string): Promise<void>;
  /** Gives the terminal back as it was. */
  close(): Promise<void>;
}

/* ECMA-48 and the private modes that every terminal of today knows. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';
/** Where the terminal does not tell how high it is. */
const USUAL_ROWS = 24;

/**
 * Takes the terminal's second screen, so that the first one is as before when it is given back; lines that are
 * too wide are cut by the terminal itself.
 */
export async function openScreen(output: TextOutput): Promise<Screen> {
  await output.write(ENTER);
  return {
    async show(text) {
      const lines = text.trimEnd().split('\n');
      const rows = output.rows ?? USUAL_ROWS;
      const fits = lines.length <= rows;
      const kept = fits ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more`];
      const drawn = kept.map((line) => `${line}${REST_OF_LINE}`).join('\r\n');
      await output.write(`${HOME}${drawn}${REST_OF_SCREEN}`);
    },
    async close() {
      await output.write(LEAVE);
    },
  };
}
