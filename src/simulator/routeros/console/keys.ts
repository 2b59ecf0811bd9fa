/** A key, or what a terminal sends by itself. */
export type Key =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'name'; readonly name: KeyName }
  /** An answer to a question about the terminal. */
  | { readonly kind: 'identified' }
  | { readonly kind: 'cursor'; readonly row: number; readonly column: number };

export type KeyName =
  | 'enter'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'home'
  | 'end'
  | 'clear-to-end'
  | 'clear-to-start'
  | 'redraw'
  | 'interrupt'
  | 'log-out';

const CONTROLS: Readonly<Record<string, KeyName>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\b': 'backspace',
  '\x7f': 'backspace',
  '\x01': 'home',
  '\x02': 'left',
  '\x03': 'interrupt',
  '\x04': 'log-out',
  '\x05': 'end',
  '\x06': 'right',
  '\x0b': 'clear-to-end',
  '\x0c': 'redraw',
  '\x0e': 'down',
  '\x10': 'up',
  '\x15': 'clear-to-start',
};

const FINALS: Readonly<Record<string, KeyName>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
};

const TILDES: Readonly<Record<string, KeyName>> = { 1: 'home', 3: 'delete', 4: 'end', 7: 'home', 8: 'end' };

/** A CSI, SS3 or VT52 sequence, whole; and the beginning of one. */
// eslint-disable-next-line no-control-regex -- escape sequences are made of control characters
const SEQUENCE = /^\x1b(?:\[([0-?]*)[ -/]*([@-~])|O([ -~])|\/[ -~]|(?![[O/])[ -~])/;
// eslint-disable-next-line no-control-regex -- escape sequences are made of control characters
const BEGINNING = /^\x1b(?:\[[0-?]{0,64}[ -/]{0,8}|O|\/)?$/;

/** Turns what a terminal sends (bytes as latin1, cut anywhere) into keys. Other control characters mean nothing. */
export class KeyReader {
  #rest = '';

  read(chunk: string): Key[] {
    let input = this.#rest + chunk;
    this.#rest = '';
    const keys: Key[] = [];
    while (input !== '') {
      // eslint-disable-next-line no-control-regex -- what is no control character is text
      const text = /^[^\x00-\x1f\x7f]+/.exec(input)?.[0];
      if (text !== undefined) {
        keys.push({ kind: 'text', text });
        input = input.slice(text.length);
      } else if (input.startsWith('\x1b')) {
        const sequence = SEQUENCE.exec(input);
        if (sequence === null && BEGINNING.test(input)) {
          this.#rest = input;
          break;
        }
        keys.push(...(sequence === null ? [] : keysOf(sequence)));
        input = input.slice(sequence?.[0].length ?? 1);
      } else {
        const name = CONTROLS[input.charAt(0)];
        if (name !== undefined) keys.push({ kind: 'name', name });
        input = input.slice(1);
      }
    }
    return keys;
  }
}

function keysOf([whole, parameters = '', final = '', single = '']: RegExpExecArray): Key[] {
  if (whole.startsWith('\x1b/') || (final === 'c' && parameters.startsWith('?')))
    return [{ kind: 'identified' }];
  const cursor = final === 'R' ? /^(\d{1,5});(\d{1,5})$/.exec(parameters) : null;
  if (cursor !== null) return [{ kind: 'cursor', row: Number(cursor[1]), column: Number(cursor[2]) }];
  const name = final === '~' ? TILDES[parameters] : FINALS[final === '' ? single : final];
  return name === undefined ? [] : [{ kind: 'name', name }];
}
