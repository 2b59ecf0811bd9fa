import type { RouterOsDevice } from '../device/device.ts';
import type { Policy } from '../device/session.ts';
import { ScriptSession } from '../language/index.ts';
import { KeyQueue } from './key-queue.ts';
import type { Key } from './keys.ts';
import { LineEditor } from './line-editor.ts';
import type { LoginOptions } from './login-options.ts';
import { showPaged } from './pager.ts';
import { Painter, type Prompt } from './painter.ts';
import { detectTerminal } from './terminal-detection.ts';

/** The size of a terminal; it may change, and 0 is not known. */
export interface ConsoleTerminal {
  columns: number;
  rows: number;
}

export interface ConsoleOptions {
  readonly device: RouterOsDevice;
  readonly policies: readonly Policy[];
  readonly login: LoginOptions;
  /** Undefined: the client has none. */
  readonly terminal: ConsoleTerminal | undefined;
  /** Takes bytes as latin1; what it returns ends when there is room for more. */
  readonly write: (bytes: string) => Promise<void>;
  /** The connection is gone. */
  readonly gone: AbortSignal;
  /** Milliseconds that the terminal has for an answer about itself. */
  readonly answerMs?: number;
}

const USUAL_WIDTH = 80;
/** No terminal is larger, whatever its client says. */
const LARGEST = 65_535;
/** A console has no limit for a command (manual); the longest that a timer can wait. */
const NO_LIMIT_MS = 2 ** 31 - 1;
/** How long a command may go on after the client has ended its input (inferred: nothing is known of it). */
const LEFT_ALONE_MS = 60_000;

/** An interactive console: what an SSH client gets that asks for a shell. */
export class RouterOsConsole {
  readonly #options: ConsoleOptions;
  readonly #keys: KeyQueue;
  readonly #editor = new LineEditor();
  readonly #script = new ScriptSession();
  #painter: Painter;
  #running: AbortController | undefined;

  constructor(options: ConsoleOptions) {
    this.#options = options;
    this.#keys = new KeyQueue(options.gone, () => this.#interrupt());
    this.#painter = this.#painterFor(true);
  }

  /** Takes what the client sends (bytes as latin1, cut anywhere). */
  receive(chunk: string): void {
    this.#keys.receive(chunk, this.#running !== undefined);
  }

  /** The client sends nothing more: what it has sent is done, then the session ends. */
  endInput(): void {
    this.#keys.end();
    const left = setTimeout(() => this.#interrupt(), LEFT_ALONE_MS);
    left.unref();
    this.#options.gone.addEventListener('abort', () => clearTimeout(left));
  }

  /** Serves until the user logs out, the input ends or the connection is gone. */
  async run(): Promise<void> {
    const { device, gone } = this.#options;
    await this.#prepare();
    await this.#write(`\r\n  MikroTik RouterOS ${device.version}       https://www.mikrotik.com/\r\n\r\n`);
    await this.#write(`Press F1 for help\r\n${this.#painter.prompt(this.#prompt)}`);
    while (!gone.aborted) {
      const key = await this.#keys.next();
      if (key === undefined || (await this.#handle(key)) === 'log-out') break;
    }
    if (!gone.aborted) await this.#write('\r\ninterrupted\r\n');
  }

  async #prepare(): Promise<void> {
    const { terminal, login, answerMs } = this.#options;
    if (terminal === undefined || login.dumb || !login.detects) return;
    const found = await detectTerminal(this.#keys, (text) => this.#write(text), answerMs);
    if (!found.ansi) return;
    if (found.size !== undefined) Object.assign(terminal, found.size);
    this.#painter = this.#painterFor(false);
  }

  async #handle(key: Key): Promise<'log-out' | undefined> {
    if (key.kind === 'text') {
      const plain = this.#editor.insert(key.text) && this.#painter.fits(this.#prompt, this.#editor.text);
      await this.#write(plain ? key.text : this.#redrawn());
      return undefined;
    }
    if (key.kind !== 'name') return undefined;
    const { name } = key;
    if (name === 'enter') return this.#enter();
    if (name === 'log-out') return this.#editor.text === '' ? 'log-out' : undefined;
    if (name === 'interrupt') {
      this.#editor.drop();
      await this.#write(`\r\n${this.#painter.prompt(this.#prompt)}`);
      return undefined;
    }
    this.#editor.press(name);
    await this.#write(this.#redrawn());
    return undefined;
  }

  async #enter(): Promise<'log-out' | undefined> {
    const line = this.#editor.take();
    await this.#write(this.#painter.entered(this.#prompt, line));
    if (/^\s*[:/]?\s*quit\s*$/.test(line)) return 'log-out';
    if (line.trim() !== '') await this.#execute(line);
    await this.#write(this.#painter.prompt(this.#prompt));
    return undefined;
  }

  async #execute(line: string): Promise<void> {
    const { device, policies, gone } = this.#options;
    const running = new AbortController();
    this.#running = running;
    let printed: Promise<void> = Promise.resolve();
    const print = (text: string): void => void (printed = this.#write(this.#painter.line(text)));
    const height = this.#height;
    try {
      await device.run(line, {
        policies,
        output: { width: this.#width, line: print },
        signal: AbortSignal.any([running.signal, gone]),
        deadlineMs: NO_LIMIT_MS,
        script: this.#script,
        ...(height === 0 ? {} : { showPaged: (lines, signal) => this.#page(lines, height, signal) }),
      });
    } finally {
      this.#running = undefined;
    }
    await printed;
  }

  #page(lines: readonly string[], height: number, signal: AbortSignal): Promise<void> {
    const screen = {
      height,
      write: (text: string) => void this.#write(text),
      line: (text: string) => void this.#write(this.#painter.line(text)),
      nextKey: (stop: AbortSignal) => this.#keys.next(stop),
    };
    return showPaged(lines, screen, signal);
  }

  #interrupt(): void {
    this.#running?.abort();
  }

  #redrawn(): string {
    return this.#painter.redraw(this.#prompt, this.#editor.text, this.#editor.cursor);
  }

  #write(text: string): Promise<void> {
    return this.#options.gone.aborted ? Promise.resolve() : this.#options.write(text);
  }

  get #prompt(): Prompt {
    const { device, login } = this.#options;
    return { user: login.account, identity: device.identity, menu: this.#script.menu };
  }

  get #width(): number {
    const { login, terminal } = this.#options;
    return Math.min(login.width ?? (terminal?.columns || USUAL_WIDTH), LARGEST);
  }

  /** 0: print doesn't stop at the foot of a page. */
  get #height(): number {
    const { login, terminal } = this.#options;
    return Math.min(login.height ?? terminal?.rows ?? 0, LARGEST);
  }

  #painterFor(dumb: boolean): Painter {
    return new Painter({ dumb, colours: this.#options.login.colours }, () => this.#width);
  }
}
