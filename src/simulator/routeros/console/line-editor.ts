import type { KeyName } from './keys.ts';

/** The keys that change the line or move in it. */
export type EditingKey = Exclude<KeyName, 'enter' | 'interrupt' | 'log-out'>;

/** A line is not longer; further characters are lost (how long a device lets one become is not known). */
const LONGEST = 65_536;
/** Lines remembered. */
const MOST_REMEMBERED = 100;

/** The line that is being typed, and those before it. */
export class LineEditor {
  #text = '';
  #cursor = 0;
  #history: string[] = [];
  /** The place in the history; its length for the line that is new. */
  #place = 0;
  #draft = '';

  get text(): string {
    return this.#text;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** Puts text in at the cursor; true when it went to the end of the line, so that printing it is enough. */
  insert(text: string): boolean {
    const taken = text.slice(0, Math.max(0, LONGEST - this.#text.length));
    const atEnd = this.#cursor === this.#text.length;
    this.#text = this.#text.slice(0, this.#cursor) + taken + this.#text.slice(this.#cursor);
    this.#cursor += taken.length;
    return atEnd;
  }

  /** Moves or deletes. */
  press(key: EditingKey): void {
    if (key === 'up') this.#recall(this.#place - 1);
    else if (key === 'down') this.#recall(this.#place + 1);
    else this.#replace(...edited(key, this.#text, this.#cursor));
  }

  /** The line, which is remembered; a new one begins. */
  take(): string {
    const line = this.#text;
    if (line.trim() !== '' && line !== this.#history.at(-1)) {
      this.#history = [...this.#history, line].slice(-MOST_REMEMBERED);
    }
    this.drop();
    return line;
  }

  /** Begins a new line. */
  drop(): void {
    this.#replace('', 0);
    this.#draft = '';
    this.#place = this.#history.length;
  }

  #recall(place: number): void {
    if (place < 0 || place > this.#history.length || place === this.#place) return;
    if (this.#place === this.#history.length) this.#draft = this.#text;
    this.#place = place;
    const text = this.#history[place] ?? this.#draft;
    this.#replace(text, text.length);
  }

  #replace(text: string, cursor: number): void {
    this.#text = text;
    this.#cursor = Math.min(Math.max(0, cursor), text.length);
  }
}

/** The line and its cursor after a key. */
function edited(
  key: Exclude<EditingKey, 'up' | 'down'>,
  text: string,
  cursor: number,
): [text: string, cursor: number] {
  switch (key) {
    case 'backspace':
      return [text.slice(0, Math.max(0, cursor - 1)) + text.slice(cursor), cursor - 1];
    case 'delete':
      return [text.slice(0, cursor) + text.slice(cursor + 1), cursor];
    case 'left':
      return [text, cursor - 1];
    case 'right':
      return [text, cursor + 1];
    case 'home':
      return [text, 0];
    case 'end':
      return [text, text.length];
    case 'clear-to-end':
      return [text.slice(0, cursor), cursor];
    case 'clear-to-start':
      return [text.slice(cursor), 0];
    case 'redraw':
      return [text, cursor];
  }
}
