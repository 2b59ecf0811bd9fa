import type { ScriptRunner } from '../../src/node/runner.ts';
import type { ExecResult } from '../../src/ssh/connection.ts';

/** A runner whose answers the test gives: a report as JSON, or a whole result. */
export class FakeRunner implements ScriptRunner {
  readonly ran: {
    readonly script: string;
    readonly args: readonly string[];
    readonly options: { readonly timeoutMs: number; readonly signal?: AbortSignal };
  }[] = [];
  opened = 0;
  closed = false;
  answer: object | Partial<ExecResult>;

  constructor(answer: object | Partial<ExecResult> = {}) {
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
    if ('stdout' in this.answer || 'stderr' in this.answer || 'exitCode' in this.answer) {
      return Promise.resolve({ ...result, ...this.answer });
    }
    const stdout = `motd\nBEGIN ${args[0] ?? ''}\n${JSON.stringify(this.answer)}\nOK ${args[0] ?? ''}\n`;
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
