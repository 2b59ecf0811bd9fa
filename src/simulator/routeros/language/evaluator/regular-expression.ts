/**
 * POSIX extended regular expressions, for `~`.
 *
 * Matched with a set of states instead of by trying alternatives one after another, so the work is bounded by the
 * length of the text times the size of the expression.
 */

import { RouterOsError } from '../host.ts';

type Test = (code: number) => boolean;

/** A state: takes a character, or goes on freely to others; `start` and `end` go on only at the ends of the text. */
interface State {
  test?: Test;
  at?: 'start' | 'end';
  readonly next: number[];
}

/** A piece of the machine: where it begins, and the states whose way on is still open. */
interface Piece {
  readonly first: number;
  readonly last: number;
}

const MAX_STATES = 20_000;
const MAX_DEPTH = 100;

const CLASSES: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /[A-Za-z0-9]/],
  ['alpha', /[A-Za-z]/],
  ['blank', /[ \t]/],
  ['digit', /[0-9]/],
  ['lower', /[a-z]/],
  ['punct', /[!-/:-@[-`{-~]/],
  ['space', /[ \t\n\r\f\v]/],
  ['upper', /[A-Z]/],
  ['xdigit', /[0-9A-Fa-f]/],
]);

/** Whether an expression matches anywhere in a text. */
export function matches(text: string, expression: string): boolean {
  const builder = new Builder(expression);
  const whole = builder.build();
  return run(builder.states, whole.first, text);
}

function run(states: readonly State[], first: number, text: string): boolean {
  let current = new Set<number>();
  for (let at = 0; at <= text.length; at += 1) {
    follow(states, first, at, text.length, current);
    if (current.has(0)) return true;
    if (at === text.length) return false;
    const next = new Set<number>();
    const code = text.charCodeAt(at);
    for (const index of current) {
      const state = states[index];
      if (state?.test?.(code) !== true) continue;
      for (const target of state.next) follow(states, target, at + 1, text.length, next);
    }
    current = next;
  }
  return false;
}

function follow(states: readonly State[], from: number, at: number, length: number, into: Set<number>): void {
  const pending = [from];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (into.has(index)) continue;
    const state = states[index];
    if (state?.at === 'start' && at !== 0) continue;
    if (state?.at === 'end' && at !== length) continue;
    into.add(index);
    if (state !== undefined && state.test === undefined) pending.push(...state.next);
  }
}

class Builder {
  /** State 0 is the end of a match. */
  readonly states: State[] = [{ next: [] }];
  private readonly source: string;
  private offset = 0;
  private depth = 0;

  constructor(source: string) {
    this.source = source;
  }

  build(): Piece {
    const piece = this.alternatives();
    if (this.offset < this.source.length) this.bad();
    this.link(piece.last, 0);
    return piece;
  }

  private bad(): never {
    throw new RouterOsError('failure: bad regexp');
  }

  private add(state: State): number {
    if (this.states.length >= MAX_STATES) this.bad();
    this.states.push(state);
    return this.states.length - 1;
  }

  private link(from: number, to: number): void {
    this.states[from]?.next.push(to);
  }

  private empty(): Piece {
    const state = this.add({ next: [] });
    return { first: state, last: state };
  }

  private alternatives(): Piece {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) this.bad();
    let piece = this.sequence();
    while (this.source.charAt(this.offset) === '|') {
      this.offset += 1;
      const other = this.sequence();
      const first = this.add({ next: [piece.first, other.first] });
      const last = this.add({ next: [] });
      this.link(piece.last, last);
      this.link(other.last, last);
      piece = { first, last };
    }
    this.depth -= 1;
    return piece;
  }

  private sequence(): Piece {
    let piece = this.empty();
    while (this.offset < this.source.length && !'|)'.includes(this.source.charAt(this.offset))) {
      const next = this.repeated();
      this.link(piece.last, next.first);
      piece = { first: piece.first, last: next.last };
    }
    return piece;
  }

  private repeated(): Piece {
    const start = this.offset;
    let piece = this.atom();
    for (;;) {
      const bounds = this.bounds();
      if (bounds === undefined) return piece;
      const end = this.offset;
      piece = this.repeat(piece, start, bounds);
      this.offset = end;
    }
  }

  /** Reads `*`, `+`, `?` or `{m,n}`. */
  private bounds(): readonly [number, number] | undefined {
    const character = this.source.charAt(this.offset);
    const simple = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] } as const;
    if (character === '*' || character === '+' || character === '?') {
      this.offset += 1;
      return simple[character];
    }
    const braces = /\{(\d+)(,?)(\d*)\}/y;
    braces.lastIndex = this.offset;
    const match = braces.exec(this.source);
    if (match === null) return undefined;
    this.offset += match[0].length;
    const least = Number(match[1]);
    const most = match[2] === '' ? least : match[3] === '' ? Infinity : Number(match[3]);
    if (least > 255 || (most !== Infinity && (most > 255 || most < least))) this.bad();
    return [least, most];
  }

  /** Repeats a piece by reading its source again as often as it may occur. */
  private repeat(piece: Piece, start: number, [least, most]: readonly [number, number]): Piece {
    const copy = (): Piece => {
      this.offset = start;
      return this.atom();
    };
    let whole = this.empty();
    const append = (next: Piece): void => {
      this.link(whole.last, next.first);
      whole = { first: whole.first, last: next.last };
    };
    for (let count = 0; count < least; count += 1) append(count === 0 ? piece : copy());
    if (most === Infinity) {
      const loop = least === 0 ? piece : copy();
      const hub = this.add({ next: [loop.first] });
      this.link(loop.last, hub);
      append({ first: hub, last: hub });
      return whole;
    }
    const end = this.add({ next: [] });
    for (let count = least; count < most; count += 1) {
      this.link(whole.last, end);
      append(count === 0 ? piece : copy());
    }
    this.link(whole.last, end);
    return { first: whole.first, last: end };
  }

  private atom(): Piece {
    const character = this.source.charAt(this.offset);
    this.offset += 1;
    if (character === '(') {
      const piece = this.alternatives();
      if (this.source.charAt(this.offset) !== ')') this.bad();
      this.offset += 1;
      return piece;
    }
    const state = this.add({ next: [] });
    const added = this.states[state];
    if (added === undefined) return this.bad();
    if (character === '^') added.at = 'start';
    else if (character === '$') added.at = 'end';
    else added.test = this.test(character);
    return { first: state, last: state };
  }

  private test(character: string): Test {
    if (character === '[') return this.bracket();
    if (character === '.') return () => true;
    let literal = character;
    if (character === '\\') {
      literal = this.source.charAt(this.offset);
      this.offset += 1;
    }
    const code = literal.charCodeAt(0);
    return (other) => other === code;
  }

  private bracket(): Test {
    const negated = this.source.charAt(this.offset) === '^';
    if (negated) this.offset += 1;
    const tests: Test[] = [];
    const start = this.offset;
    for (;;) {
      const character = this.source.charAt(this.offset);
      if (character === '') this.bad();
      if (character === ']' && this.offset > start) break;
      tests.push(this.bracketMember(character));
    }
    this.offset += 1;
    return (code) => tests.some((test) => test(code)) !== negated;
  }

  private bracketMember(character: string): Test {
    const named = /\[:([a-z]+):\]/y;
    named.lastIndex = this.offset;
    const match = named.exec(this.source);
    if (match !== null) {
      this.offset += match[0].length;
      const pattern = CLASSES.get(match[1] ?? '') ?? this.bad();
      return (code) => pattern.test(String.fromCharCode(code));
    }
    this.offset += 1;
    const low = character.charCodeAt(0);
    const end = this.source.charAt(this.offset + 1);
    if (this.source.charAt(this.offset) !== '-' || end === ']' || end === '') return (code) => code === low;
    this.offset += 2;
    const high = end.charCodeAt(0);
    return (code) => code >= low && code <= high;
  }
}
