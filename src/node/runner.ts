import type { ExecResult } from '../ssh/connection.ts';

/** Runs a POSIX sh script on a node, its arguments beside it. */
export interface ScriptRunner {
  open(): void;
  /** @throws RdsctlError UNREACHABLE kinds. */
  run(
    script: string,
    args: readonly string[],
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<ExecResult>;
  /** The command line that is run, with the script on its standard input: for a dry run and the log. */
  commandLine(args: readonly string[]): string;
  close(): Promise<void>;
}
