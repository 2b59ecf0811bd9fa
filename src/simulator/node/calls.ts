import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

/** What a stand-in does when it has been answered: prints and ends, or runs more sh. */
export type Answer =
  { readonly out?: string; readonly err?: string; readonly exit: number } | { readonly sh: string };

/** One call of a stand-in. */
export interface Call {
  readonly program: string;
  readonly args: readonly string[];
  /** A file for bytes that go with the call; removed afterwards. */
  readonly data: string;
  /** Whether the process that waits for the answer still lives. */
  readonly alive: () => boolean;
}

/** Answers a call; never rejects for what the caller did wrong. */
export type Answerer = (call: Call) => Promise<Answer>;

/** The simulator's end of the named pipes that the stand-ins use (see stand-ins.ts). */
export class CallServer {
  readonly #directory: string;
  readonly #answer: Answerer;
  readonly #questions: Socket;
  /** What is still to be removed. */
  readonly #answers = new Map<NodeJS.Timeout, string>();
  #answered = 0;
  #closed = false;

  constructor(nodeDirectory: string, answer: Answerer) {
    this.#directory = join(nodeDirectory, '.sim');
    this.#answer = answer;
    const pipe = join(this.#directory, 'questions');
    for (const left of readdirSync(this.#directory)) {
      if (left.startsWith('call.')) rmSync(join(this.#directory, left), { force: true });
    }
    if (!existsSync(pipe)) execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', pipe]);
    // Opened for both, so that it never ends when the last stand-in closes it.
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    this.#questions = new Socket({ fd, readable: true, writable: false });
    let rest = '';
    this.#questions.setEncoding('latin1').on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) void this.#serve(line);
    });
  }

  close(): void {
    this.#closed = true;
    this.#questions.destroy();
    for (const timer of this.#answers.keys()) clearTimeout(timer);
    this.#answers.clear();
  }

  async #serve(id: string): Promise<void> {
    const base = join(this.#directory, id);
    const pid = Number(/^call\.(\d+)\./.exec(id)?.[1]);
    let words: string[];
    try {
      words = readFileSync(`${base}.args`, 'latin1').split('\0').slice(0, -1);
    } catch {
      return;
    }
    const [program = '', ...args] = words;
    const answer = await this.#answer({ program, args, data: `${base}.data`, alive: () => isAlive(pid) });
    if (this.#closed) return;
    try {
      // Not named after the call: another process may have the same number before it is removed.
      this.#answered += 1;
      const name = `call.answer.${this.#answered}`;
      writeFileSync(join(this.#directory, name), toShell(answer), 'latin1');
      this.#forgetLater(join(this.#directory, name));
      const pipe = openSync(`${base}.pipe`, constants.O_WRONLY | constants.O_NONBLOCK);
      writeSync(pipe, `${name}\n`);
      closeSync(pipe);
      // Whoever waits has the pipe open; the answer it has yet to read.
      for (const end of ['args', 'pipe']) rmSync(`${base}.${end}`, { force: true });
    } catch {
      // It was killed while it waited: nobody is left to be told.
      for (const end of ['args', 'pipe', 'data']) rmSync(`${base}.${end}`, { force: true });
    }
  }

  /** An answer is read at once; it is removed long after. */
  #forgetLater(answer: string): void {
    const timer = setTimeout(() => {
      this.#answers.delete(timer);
      rmSync(answer, { force: true });
    }, KEPT_MS);
    timer.unref();
    this.#answers.set(timer, answer);
  }
}

/** Milliseconds that an answer is kept for the one who asked. */
const KEPT_MS = 30_000;

function toShell(answer: Answer): string {
  if ('sh' in answer) return `${answer.sh}\n`;
  const print = (text: string | undefined, to: string): string =>
    text === undefined || text === '' ? '' : `printf %s ${quoted(text)}${to}\n`;
  return `${print(answer.out, '')}${print(answer.err, ' >&2')}(exit ${answer.exit})\n`;
}

/** One word for sh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A process that was killed and that nobody waits for is a zombie: dead all the same. */
function isAlive(pid: number): boolean {
  try {
    const [state] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1) ?? '';
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}
