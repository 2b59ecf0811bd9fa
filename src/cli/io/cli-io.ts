import type { Probes } from './probes.ts';

/** Somewhere that text goes: stdout or stderr. */
export interface TextOutput {
  readonly isTTY: boolean;
  /** The width of the terminal; undefined when it isn't one. */
  readonly columns: number | undefined;
  /** The height of the terminal, where it is known. */
  readonly rows?: number | undefined;
  /** Whether its reader went away: seen at the first write after that. */
  readonly gone?: boolean;
  /**
   * Resolves when the text has been handed to the kernel. A reader that went away is no error: what is
   * written after that goes nowhere.
   * @throws for anything else, such as a full disk.
   */
  write(text: string): Promise<void>;
}

/** Where answers come from. */
export interface TextInput {
  readonly isTTY: boolean;
  /** One line without its end; null at the end of input. */
  readLine(signal: AbortSignal): Promise<string | null>;
  /** All of it, to its end. @throws the signal's reason when aborted, and what reading fails with */
  readAll(signal: AbortSignal): Promise<Buffer>;
}

/** The signals that end a command in order. */
export type EndSignal = 'SIGINT' | 'SIGTERM';

/** The outside world of a run of the CLI, so that tests can run whole commands in their own process. */
export interface CliIo {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly stdin: TextInput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The user's home directory, for `~`. */
  readonly home: string;
  /** The user's id: root has other default places. */
  readonly uid: number;
  now(): Date;
  /** Calls back for each signal; returns what ends that. */
  onSignal(listener: (signal: EndSignal) => void): () => void;
  /** Calls back when the process was stopped and goes on; returns what ends that. */
  onContinued?(listener: () => void): () => void;
  /** Ends the process at once: for a second signal only. */
  exitNow(code: number): void;
  /** For tests. */
  readonly probes?: Probes;
}
