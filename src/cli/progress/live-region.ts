import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { createLogUpdate } from 'log-update';
import type { TextOutput } from '../io/cli-io.ts';

/** Between two drawings: a slow link gets no more than ten a second, and one while the last is under way. */
const REST_MS = 100;
/** Drawn anew when nothing changed, for the times: at each so manieth rest. */
const IDLE_RESTS = 2;

/** The last lines of a terminal, drawn again and again in their place while other text goes above them. */
export interface LiveRegion {
  /** There is something new to draw. */
  changed(): void;
  /** Writes other text to the same terminal: what is drawn makes way for it. */
  around(write: () => Promise<void>, text: string): Promise<void>;
  /** Draws nothing while somebody is asked something. */
  hold(): void;
  letGo(): void;
  /** The cursor is somewhere else now: what was drawn is left behind. */
  forget(): void;
  /** Whether somebody is being asked something. */
  readonly held: boolean;
  /** Takes away what is drawn, for good. */
  end(): void;
}

/**
 * Opens a region on a terminal. The cursor is never hidden: whatever becomes of the process, the terminal is
 * as it should be. No timer keeps the process alive.
 * @param lines what to draw, each no longer than the terminal is wide
 */
export function openLiveRegion(
  output: TextOutput,
  lines: (columns: number, rows: number) => readonly string[],
): LiveRegion {
  let writing = 0;
  let draw: ReturnType<typeof createLogUpdate> | 'loading' | null = null;
  let drawn: readonly string[] = [];
  let columns = 0;
  let dirty = false;
  let held = false;
  let ended = false;
  let rests = 0;
  let timer: NodeJS.Timeout | null = null;

  /** What draws is loaded when there is something to draw: most commands on a terminal never do. */
  async function load(): Promise<void> {
    if (draw !== null) return;
    draw = 'loading';
    const library = await import('log-update');
    draw = library.createLogUpdate(
      streamOf(output, (by) => (writing += by)),
      { showCursor: true },
    );
  }

  function erase(): void {
    if (drawn.length === 0 || draw === null || draw === 'loading') return;
    const now = output.columns ?? columns;
    draw.clear();
    // A terminal that became narrower has broken long lines into several.
    const more = drawn.reduce((sum, line) => sum + brokenInto(line, now) - 1, 0);
    if (now < columns && more > 0) void output.write('\u001b[1A\u001b[2K'.repeat(more));
    drawn = [];
  }

  function redraw(): void {
    if (draw === null || draw === 'loading') return;
    dirty = false;
    rests = 0;
    const now = output.columns ?? 80;
    const next = lines(now, output.rows ?? 24);
    if (next.length === 0 || now !== columns) erase();
    columns = now;
    if (next.length > 0) draw(next.join('\n'));
    drawn = next;
  }

  function rest(): void {
    timer = null;
    if (ended || held) return;
    rests += 1;
    if (writing === 0 && (dirty || rests >= IDLE_RESTS)) redraw();
    if (dirty || drawn.length > 0) sleep();
  }

  function sleep(): void {
    timer ??= setTimeout(rest, REST_MS).unref();
  }

  return {
    get held() {
      return held;
    },
    changed() {
      dirty = true;
      void load();
      if (!ended && !held) sleep();
    },
    async around(write, text) {
      erase();
      // A question is answered on the same line.
      held = !text.endsWith('\n');
      await write();
      this.changed();
    },
    hold() {
      held = true;
      erase();
    },
    letGo() {
      held = false;
      this.changed();
    },
    forget() {
      if (draw !== null && draw !== 'loading') draw.done();
      drawn = [];
      this.changed();
    },
    end() {
      ended = true;
      if (timer !== null) clearTimeout(timer);
      erase();
    },
  };
}

function brokenInto(line: string, columns: number): number {
  return Math.max(1, Math.ceil(stripVTControlCharacters(line).length / Math.max(1, columns)));
}

/** The output as the stream that the drawing wants, with a count of the writes that are under way. */
function streamOf(output: TextOutput, count: (by: 1 | -1) => void): Writable {
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      count(1);
      const ended = (): void => {
        count(-1);
      };
      output.write(text).then(ended, ended);
      done();
    },
  });
  return Object.defineProperties(stream, {
    isTTY: { value: true },
    columns: { get: () => output.columns },
    rows: { get: () => output.rows },
  });
}
