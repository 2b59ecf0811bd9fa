/** Reads the source of a script byte by byte, and knows where it is. */

import type { Position } from './ast.ts';

/** Thrown when a script does not parse; the message is the device's text without the position. */
export class ParseFailure extends Error {
  override readonly name: string = 'ParseFailure';
  readonly offset: number;
  /** A place on the line that the error is counted from; the offset's own line without it. */
  readonly anchor: number | undefined;

  constructor(message: string, offset: number, anchor?: number) {
    super(message);
    this.offset = offset;
    this.anchor = anchor;
  }
}

/** The texts of the errors that devices print for a script that doesn't parse (seen). */
export const PARSE_ERRORS = {
  syntax: 'syntax error',
  commandName: 'expected command name',
  endOfCommand: 'expected end of command',
  inputValue: 'expected input value',
  missingBrace: 'missing closing brace',
  expectedBrace: 'expected closing brace',
} as const;

/** A cursor over the source. */
export class Reader {
  readonly source: string;
  offset = 0;
  private lineStarts: number[] | undefined;

  constructor(source: string) {
    this.source = source;
  }

  /** The character at the cursor, or after it; empty past the end. */
  peek(ahead = 0): string {
    return this.source.charAt(this.offset + ahead);
  }

  /** True past the last character. */
  get atEnd(): boolean {
    return this.offset >= this.source.length;
  }

  /** Takes what a sticky pattern matches here. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    const text = pattern.exec(this.source)?.[0];
    if (text !== undefined) this.offset += text.length;
    return text;
  }

  /** What a sticky pattern matches here, without taking it. */
  look(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    return pattern.exec(this.source)?.[0];
  }

  /** Takes one given character, if it is here. */
  accept(character: string): boolean {
    if (!this.source.startsWith(character, this.offset)) return false;
    this.offset += character.length;
    return true;
  }

  /** Skips blanks and continuation lines; says whether there were any. */
  blanks(): boolean {
    return this.take(/(?:[ \t\r]|\\\r?\n)+/y) !== undefined;
  }

  /** Skips blanks, line ends and continuation lines. */
  space(): boolean {
    return this.take(/(?:[ \t\r\n]|\\\r?\n)+/y) !== undefined;
  }

  /** Stops the parse with an error at the cursor or at an earlier place. */
  fail(message: string, offset = this.offset, anchor?: number): never {
    throw new ParseFailure(message, offset, anchor);
  }

  /** The line and column of a place in the source; with an anchor, as if that place were on the anchor's line. */
  position(offset = this.offset, anchor = offset): Position {
    this.lineStarts ??= lineStartsOf(this.source);
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.lineStarts[middle] ?? 0) <= anchor) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.lineStarts[low] ?? 0) + 1 };
  }
}

function lineStartsOf(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
