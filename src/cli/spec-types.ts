/** What a shell completes for a value; also what help and man pages say of it. */
export type Completes = 'volume' | 'node' | 'rds' | 'phase' | 'reason' | 'file' | 'directory';

/** A positional argument. `T` is what the handler gets. */
export interface ArgumentSpec<T> {
  /** How it stands in usage lines, for example `VOLUME`. */
  readonly display: string;
  readonly about: string;
  readonly arity: 'one' | 'optional' | 'many';
  readonly completes: Completes | null;
  readonly choices: readonly string[] | null;
  /** Never set: carries the type. */
  readonly type?: T;
}

/** An option of one command; its key in camel case gives its name. `T` is what the handler gets. */
export interface OptionSpec<T> {
  readonly kind: 'flag' | 'text' | 'list' | 'duration' | 'integer' | 'choice' | 'count';
  /** One letter, without the dash. */
  readonly short: string | null;
  /** How its value stands in usage lines, for example `DURATION`; null for flags. */
  readonly display: string | null;
  readonly about: string;
  /** The value when it is not given. */
  readonly fallback: T;
  readonly completes: Completes | null;
  readonly choices: readonly string[] | null;
  /** Accepted, but left out of help and completion. */
  readonly hidden: boolean;
}

export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec<unknown>>>;
export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;
