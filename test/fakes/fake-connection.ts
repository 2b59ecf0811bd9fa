import type { Connection, ExecOptions, ExecResult } from '../../src/ssh/connection.ts';

/** A connection whose answers the test gives. */
export class FakeConnection implements Connection {
  readonly peer = 'rdsctl@rds1:22';
  readonly sent: { readonly command: string; readonly options: ExecOptions }[] = [];
  opened = 0;
  closed = false;
  readonly #answer: (command: string) => Partial<ExecResult> | Promise<Partial<ExecResult>>;

  constructor(answer: (command: string) => Partial<ExecResult> | Promise<Partial<ExecResult>>) {
    this.#answer = answer;
  }

  open(): void {
    this.opened += 1;
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    this.sent.push({ command, options });
    return { stdout: '', stderr: '', exitCode: 0, signal: null, ...(await this.#answer(command)) };
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
