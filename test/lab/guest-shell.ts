import { readFileSync } from 'node:fs';
import { Client, type ClientChannel } from 'ssh2';
import { hostKey, keyFile } from './keys.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** default: a minute */
  readonly timeoutMs?: number;
  readonly input?: string;
}

/** Commands on a guest as root, all over one SSH connection, which is made when it is needed. */
export class GuestShell {
  readonly #machine: string;
  readonly #port: number;
  #connection: Promise<Client> | undefined;

  constructor(machine: string, port: number) {
    this.#machine = machine;
    this.#port = port;
  }

  /** Whatever its exit code is; rejects when the command didn't end in time or the connection broke. */
  async run(
    command: string,
    { timeoutMs = 60_000, input = '' }: CommandOptions = {},
  ): Promise<CommandResult> {
    const what = `${this.#machine}: ${command}`;
    const execution = new Execution(what);
    const timer = setTimeout(() => execution.fail(`No end within ${timeoutMs / 1000} s`), timeoutMs);
    const start = async (): Promise<void> => {
      const client = await this.#connect();
      client.exec(command, (error, channel) => {
        if (error) execution.fail(error.message);
        else execution.attend(channel, input);
      });
    };
    start().catch((error: unknown) => execution.fail(String(error)));
    try {
      return await execution.result;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The next command connects anew. */
  async disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    const client = await connection?.catch(() => undefined);
    client?.destroy();
  }

  #connect(): Promise<Client> {
    this.#connection ??= this.#open();
    return this.#connection;
  }

  #open(): Promise<Client> {
    const client = new Client();
    const forget = (): void => {
      this.#connection = undefined;
    };
    const expected = hostKey(this.#machine).split(' ')[1];
    return new Promise((resolve, reject) => {
      client
        .on('ready', () => resolve(client))
        .on('error', (error) => {
          forget();
          reject(new Error(`${this.#machine}: ${error.message}`, { cause: error }));
        })
        .on('close', forget)
        .connect({
          host: '127.0.0.1',
          port: this.#port,
          username: 'root',
          privateKey: readFileSync(keyFile),
          hostVerifier: (key: Buffer) => key.toString('base64') === expected,
          readyTimeout: 60_000,
        });
    });
  }
}

/** One command, from the wish to its end. */
class Execution {
  readonly result: Promise<CommandResult>;
  readonly #what: string;
  #resolve!: (result: CommandResult) => void;
  #reject!: (error: Error) => void;
  #channel: ClientChannel | undefined;
  #failed = false;

  constructor(what: string) {
    this.#what = what;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  fail(why: string): void {
    this.#failed = true;
    this.#channel?.destroy();
    this.#reject(new Error(`${why}: ${this.#what}`));
  }

  attend(channel: ClientChannel, input: string): void {
    this.#channel = channel;
    if (this.#failed) {
      channel.destroy();
      return;
    }
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    channel.on('data', (chunk: Buffer) => stdout.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    channel.on('close', (code: number | null | undefined) => {
      if (typeof code !== 'number') {
        this.fail('Killed, or the connection broke');
        return;
      }
      const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();
      this.#resolve({ code, stdout: text(stdout), stderr: text(stderr) });
    });
    channel.end(input);
  }
}
