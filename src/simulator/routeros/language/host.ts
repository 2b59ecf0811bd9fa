/** What the language needs of the device that runs a script. */

import type { Value } from './values.ts';

/**
 * The commands of one version: menu path (`/ip/firewall/raw`, or `:` for the commands of the language itself),
 * then command name, then argument names. The shape of a device's own command dump (seen).
 */
export type Schema = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** The properties of one item, as a condition looks at them. */
export type Row = ReadonlyMap<string, Value>;

/** One command that the device shall run. */
export interface CommandCall {
  /** The menu, such as `['ip', 'firewall', 'raw']`; empty for a command of the root. */
  readonly path: readonly string[];
  readonly command: string;
  /** Arguments that have a value; unnamed ones stand under the name that they bind to. */
  readonly args: ReadonlyMap<string, Value>;
  /** Arguments given without a value, such as `detail`. */
  readonly flags: ReadonlySet<string>;
  /** The condition of `where`, when there is one. */
  readonly where?: (row: Row) => Promise<boolean>;
  /** Aborted when the script is stopped or runs out of time: a command that waits must then give up. */
  readonly signal: AbortSignal;
}

/** The device model. */
export interface CommandHost {
  /** Runs a menu command. Throws {@link RouterOsError} for a run-time failure. */
  run(call: CommandCall): Promise<Value> | Value;
  /** Prints one line: `:put`. */
  print(line: string): void;
  /** The commands that this version knows: what isn't in it does not parse. */
  readonly schema: Schema;
}

/** A run-time failure; the message is the text that the device prints (`no such item`, `failure: ...`). */
export class RouterOsError extends Error {
  override readonly name: string = 'RouterOsError';
}
