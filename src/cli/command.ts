import type { Report } from '../operations/ports/reporter.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';
import type { StateLocation } from '../config/state-location.ts';
import type { CliIo } from './io/cli-io.ts';
import type { CommonOptions } from './common-options.ts';
import type { Results } from './output/results.ts';
import type { ArgumentSpec, ArgumentSpecs, OptionSpec, OptionSpecs } from './spec-types.ts';

/** The headings of the overview, in order. */
export const SECTIONS = ['Volumes', 'Nodes', 'Setup'] as const;
export type Section = (typeof SECTIONS)[number];

/** An example of a command, as help and man pages show it. */
export interface Example {
  readonly run: string;
  readonly about: string;
}

/** Everything that is to be known of a command without running it: plain data. */
export interface CommandDefinition<
  A extends ArgumentSpecs = ArgumentSpecs,
  O extends OptionSpecs = OptionSpecs,
> {
  /** One word, or two for a command of a group: `config check`. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** The heading that the overview lists it under. */
  readonly section: Section;
  /** One line for the overview. */
  readonly summary: string;
  /** Paragraphs, separated by empty lines. */
  readonly description: string;
  readonly arguments: A;
  readonly options: O;
  /** Whether it changes anything: such commands take `--dry-run`, `--yes`, `--lock-timeout`, `--reason`. */
  readonly changes: boolean;
  /** Left out of the overview, of completion and of the manual. */
  readonly hidden?: boolean;
  /** Whether a signal is its proper end, not an interruption: always, or with the flag of that name. */
  readonly runsUntilSignal?: boolean | string;
  readonly examples: readonly Example[];
}

/** The arguments of a definition, as the handler gets them. */
export type ArgumentValues<A extends ArgumentSpecs> = {
  readonly [K in keyof A]: A[K] extends ArgumentSpec<infer T> ? T : never;
};

/** The options of a definition, as the handler gets them. */
export type OptionValues<O extends OptionSpecs> = {
  readonly [K in keyof O]: O[K] extends OptionSpec<infer T> ? T : never;
};

/** A question that is asked before something that can hurt. */
export interface Confirmation {
  /** What will happen, with facts; one or more lines. */
  readonly about: string;
  /** For example `Fence node-2?`. */
  readonly question: string;
  /** The word that has to be typed instead of `y`: for the worst, the node's name. */
  readonly expect?: string;
}

/** What a handler gets: everything of the outside world it may use. */
export interface CommandContext<
  A extends ArgumentSpecs = ArgumentSpecs,
  O extends OptionSpecs = OptionSpecs,
> {
  readonly args: ArgumentValues<A>;
  readonly options: OptionValues<O>;
  /** The options that every command has. */
  readonly common: CommonOptions;
  /** Loads and checks the configuration on first use; flags and variables are worked in. */
  readonly config: () => Promise<EffectiveConfig>;
  /** Where the state is, without more work than that needs. */
  readonly stateLocation: () => Promise<StateLocation>;
  /** Aborted by SIGINT, SIGTERM and `--timeout`; `signal.reason` is the RdsctlError to end with. */
  readonly signal: AbortSignal;
  /** Tells progress and warnings; rendered on stderr as the options ask for. */
  readonly report: Report;
  /** Writes the result to stdout in the wanted format. */
  readonly out: Results;
  /**
   * Returns when the operator agrees or `--yes` is given.
   * @throws RdsctlError NEEDS_CONFIRMATION without a terminal; DECLINED when the answer is no.
   */
  readonly confirm: (confirmation: Confirmation) => Promise<void>;
  readonly now: () => Date;
  /** The words after the program's name, as they were given: to be redacted before they are written down. */
  readonly argv: readonly string[];
  readonly io: CliIo;
}

/** Does a command's work and returns the exit code. Failures are thrown as RdsctlError. */
export type Handler<D> =
  D extends CommandDefinition<infer A, infer O> ? (context: CommandContext<A, O>) => Promise<number> : never;

/** Declares a command. */
export function defineCommand<A extends ArgumentSpecs, O extends OptionSpecs>(
  definition: CommandDefinition<A, O>,
): CommandDefinition<A, O> {
  return definition;
}
