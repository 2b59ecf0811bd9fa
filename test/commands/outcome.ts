/** What a command left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as one JSON document. */
  json(): Record<string, unknown>;
  /** The error document on stderr. */
  error(): Record<string, unknown>;
}

/** Makes it of what was written. */
export function outcomeOf(code: number, stdout: string, stderr: string): Outcome {
  return {
    code,
    stdout,
    stderr,
    json: () => {
      if (stdout === '') throw new Error(`exit code ${code}, nothing on stdout, on stderr: ${stderr}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    error: () => {
      const line =
        stderr
          .trimEnd()
          .split('\n')
          .findLast((each) => each.startsWith('{')) ?? stderr;
      return JSON.parse(line) as Record<string, unknown>;
    },
  };
}
