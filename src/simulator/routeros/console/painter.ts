/** How a console writes to its terminal. */
export interface TerminalStyle {
  /** No more than a carriage return. */
  readonly dumb: boolean;
  readonly colours: boolean;
}

/** Down as far as it goes: the prompt stands at the foot of the screen (seen). */
const TO_THE_FOOT = '\x1b[9999B';

/**
 * Prompt and input line as devices draw them. Seen on 7.21.5 and 7.23.1 on a terminal that isn't asked for its
 * abilities: a line that is entered is drawn once more from its beginning, every line of output begins with a
 * carriage return, and four of them, the prompt and blanks to the last column come before the next prompt. Seen on
 * 7.16.1, 7.19.6 and 7.24.4 on others: the cursor goes to the foot of the screen first, and the colours.
 */
export class Painter {
  readonly #style: TerminalStyle;
  readonly #width: () => number;

  constructor(style: TerminalStyle, width: () => number) {
    this.#style = style;
    this.#width = width;
  }

  /** The prompt where nothing stands yet. */
  prompt(prompt: Prompt): string {
    if (!this.#style.dumb) return `\r${TO_THE_FOOT}${this.#inColour(prompt)}`;
    const plain = plainPrompt(prompt);
    return `\r\r\r\r${plain.padEnd(this.#width() - 1)}\r${plain}`;
  }

  /** The line once more from its beginning, with the cursor where it belongs. */
  redraw(prompt: Prompt, text: string, cursor: number): string {
    const whole = plainPrompt(prompt) + text;
    const place = whole.length - text.length + cursor;
    const room = Math.max(2, this.#width() - 1);
    if (whole.length <= room && !this.#style.dumb) {
      const back = text.length - cursor;
      return `\r${this.#inColour(prompt)}${text}\x1b[K${back === 0 ? '' : `\x1b[${back}D`}`;
    }
    // Too long: a part of it, with `<` and `>` where it goes on (seen).
    const from = place < room ? 0 : place - room + 1;
    let shown = (from > 0 ? '<' : '') + whole.slice(from === 0 ? 0 : from + 1, from + room);
    if (from + room < whole.length) shown = `${shown.slice(0, -1)}>`;
    return `\r${shown.padEnd(room)}\r${shown.slice(0, place - from)}`;
  }

  /** The line that is entered, and its end. */
  entered(prompt: Prompt, text: string): string {
    const whole = plainPrompt(prompt) + text;
    const room = Math.max(2, this.#width() - 1);
    if (whole.length <= room && !this.#style.dumb) return `\r${this.#inColour(prompt)}${text}\r\n`;
    return `\r${whole.length <= room ? whole : `<${whole.slice(2 - room)}`}\r\n`;
  }

  /** A line of output. */
  line(text: string): string {
    return `\r${text}\r\n`;
  }

  /** Whether text can be put after the line as it stands. */
  fits(prompt: Prompt, text: string): boolean {
    return plainPrompt(prompt).length + text.length < this.#width();
  }

  #inColour(prompt: Prompt): string {
    if (!this.#style.colours) return plainPrompt(prompt);
    const { user, identity } = prompt;
    return `[\x1b[m\x1b[36m${user}\x1b[m@\x1b[m\x1b[32m${identity}\x1b[m]${afterName(prompt)}`;
  }
}

export interface Prompt {
  readonly user: string;
  readonly identity: string;
  readonly menu: readonly string[];
}

/** `[admin@rds1] > `, in a menu `[admin@rds1] /ip/firewall> ` (seen). */
function plainPrompt(prompt: Prompt): string {
  return `[${prompt.user}@${prompt.identity}]${afterName(prompt)}`;
}

function afterName({ menu }: Prompt): string {
  return menu.length === 0 ? ' > ' : ` /${menu.join('/')}> `;
}
