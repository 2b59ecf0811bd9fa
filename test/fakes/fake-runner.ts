import type { ScriptRunner } from '../../src/node/runner.ts';
import type { ExecResult } from '../../src/ssh/connection.ts';

type Answer = object | Partial<ExecResult> | ((args: readonly string[]) => object);

/** A runner whose answers the test gives: a report as JSON, what makes one of the arguments, or a whole result. */
export class FakeRunner implements ScriptRunner {
  readonly ran: {
    readonly script: string;
    readonly args: readonly string[];
    readonly options: { readonly timeoutMs: number; readonly signal?: AbortSignal };
  }[] = [];
  opened = 0;
  closed = false;
  answer: Answer;

  constructor(answer: Answer = {}) {
    this.answer = answer;
  }

  open(): void {
    this.opened += 1;
  }

  run(
    script: string,
    args: readonly string[],
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<ExecResult> {
    this.ran.push({ script, args, options });
    const result = { stdout: '', stderr: '', exitCode: 0, signal: null };
    const answer: object =
      typeof this.answer === 'function'
        ? (this.answer as (args: readonly string[]) => object)(args)
        : this.answer;
    if ('stdout' in answer || 'stderr' in answer || 'exitCode' in answer) {
      return Promise.resolve({ ...result, ...(answer as Partial<ExecResult>) });
    }
    const stdout = `motd\nBEGIN ${args[0] ?? ''}\n${JSON.stringify(answer)}\nOK ${args[0] ?? ''}\n`;
    return Promise.resolve({ ...result, stdout: Buffer.from(stdout).toString('latin1') });
  }

  commandLine(args: readonly string[]): string {
    return `sh -s -- ${args.join(' ')}`;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
