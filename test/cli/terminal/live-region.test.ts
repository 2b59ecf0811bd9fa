import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TextOutput } from '../../../src/cli/io/cli-io.ts';
import { openLiveRegion, type LiveRegion } from '../../../src/cli/progress/live-region.ts';
import { makeScreen, type ScreenOfTest } from './screen.ts';

const SIZE = { columns: 40, rows: 10 };

/** A region on a terminal, with what it has to draw in `text`. */
class Fixture {
  readonly screen: ScreenOfTest = makeScreen(SIZE.columns, SIZE.rows, true);
  readonly size = { ...SIZE };
  text: string[] = [];
  writes = 0;
  /** Resolves the writes of a slow link; null when it is quick. */
  slow: (() => void)[] | null = null;
  /** What was written and is on its way to the screen. */
  #shown: Promise<void> = Promise.resolve();
  readonly output: TextOutput;
  readonly region: LiveRegion;

  constructor() {
    // What is asked for later has to be asked of the fixture as it is then.
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const own = this;
    this.output = {
      isTTY: true,
      get columns() {
        return own.size.columns;
      },
      get rows() {
        return own.size.rows;
      },
      write: (text) => {
        own.writes += 1;
        own.#shown = own.screen.write(text);
        const { slow } = own;
        return slow === null ? Promise.resolve() : new Promise((resolve) => slow.push(resolve));
      },
    };
    this.region = openLiveRegion(this.output, () => this.text);
  }

  async draws(...text: string[]): Promise<void> {
    this.text = text;
    this.region.changed();
    await this.pass(200);
  }

  async pass(milliseconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(milliseconds);
    await this.#settled();
  }

  async says(text: string): Promise<void> {
    await this.region.around(() => this.output.write(text), text);
    await this.#settled();
  }

  async types(text: string): Promise<void> {
    this.#shown = this.screen.write(text);
    await this.#settled();
  }

  /** The terminal shows what it got by a timer of its own. */
  async #settled(): Promise<void> {
    await vi.advanceTimersByTimeAsync(2);
    await this.#shown;
  }
}

let own: Fixture;
beforeEach(async () => {
  await import('log-update');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  own = new Fixture();
});
afterEach(() => {
  own.region.end();
  vi.useRealTimers();
});

describe('a live region', () => {
  it('is drawn in its place, again and again', async () => {
    await own.says('before\n');
    await own.draws('one', 'two');
    expect(own.screen.lines()).toEqual(['before', 'one', 'two']);
    await own.draws('one', '2', 'three');
    await own.draws('1');
    expect(own.screen.lines()).toEqual(['before', '1']);
    expect(own.screen.cursor()).toEqual({ x: 0, line: 2 });
  });

  it('makes way for other text, and is drawn again below it', async () => {
    await own.draws('one', 'two');
    await own.says('done\n');
    expect(own.screen.lines()).toEqual(['done']);
    await own.pass(200);
    expect(own.screen.lines()).toEqual(['done', 'one', 'two']);
  });

  it('stays away while somebody is asked something', async () => {
    await own.draws('one');
    await own.says('Really? ');
    await own.pass(1000);
    expect(own.screen.lines()).toEqual(['Really? ']);
    own.region.hold();
    await own.types('y\n');
    await own.pass(1000);
    expect(own.screen.lines()).toEqual(['Really? y']);
    own.region.letGo();
    await own.pass(200);
    expect(own.screen.lines()).toEqual(['Really? y', 'one']);
  });

  it('leaves nothing when it ends', async () => {
    await own.says('before\n');
    await own.draws('one', 'two');
    own.region.end();
    await own.pass(1000);
    expect(own.screen.lines()).toEqual(['before']);
    await own.draws('three');
    expect(own.screen.lines()).toEqual(['before']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is drawn at most ten times a second, however much changes', async () => {
    await own.draws('0');
    own.writes = 0;
    for (let change = 1; change <= 1000; change += 1) {
      own.text = [String(change)];
      own.region.changed();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(own.writes).toBeGreaterThan(5);
    expect(own.writes).toBeLessThanOrEqual(10);
  });

  it('waits until the last drawing was taken', async () => {
    await own.draws('0');
    own.slow = [];
    await own.draws('1');
    own.writes = 0;
    for (const text of ['2', '3', '4']) await own.draws(text);
    expect(own.writes).toBe(0);
    const taken = own.slow;
    own.slow = null;
    for (const resolve of taken) resolve();
    await own.pass(200);
    expect(own.screen.lines()).toEqual(['4']);
  });

  it('keeps no process alive, and rests when there is nothing to draw', async () => {
    own.region.changed();
    await own.pass(1000);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    own.text = ['one'];
    own.region.changed();
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before);
  });

  it('leaves nothing behind when the terminal becomes narrower, and breaks what was drawn', async () => {
    await own.says('before\n');
    await own.draws('x'.repeat(35), 'y'.repeat(39));
    own.size.columns = 20;
    own.screen.resize(20, SIZE.rows);
    expect(own.screen.lines()).toHaveLength(5);
    await own.draws('short');
    expect(own.screen.lines()).toEqual(['before', 'short']);
  });

  it('is drawn anew where the cursor is when the process was stopped and goes on', async () => {
    await own.draws('one');
    await own.types('[1]+  Stopped\n$ fg\n');
    own.region.forget();
    await own.pass(200);
    expect(own.screen.lines()).toEqual(['one', '[1]+  Stopped', '$ fg', 'one']);
  });
});
