/** Runs a script as a device runs the command of an exec channel. */

import type { CommandHost } from '../host.ts';
import { RouterOsError } from '../host.ts';
import { parse, printParseError } from '../parser.ts';
import { Environment } from './environment.ts';
import { Returned } from './interpreter.ts';
import type { LimitOptions } from './limits.ts';
import { Limits, ScriptAborted } from './limits.ts';
import { Machine } from './machine.ts';
import { runnableSchema } from './runnable-schema.ts';

/** How a script ended. Its output has gone through the host's `print` already. */
export interface ExecuteResult {
  /** The text that the device prints for the error; absent when the script succeeded. */
  readonly error?: string;
}

/** A raw tab in what is sent turns into blanks (seen; that there are four is inferred). */
const TAB = '    ';

/** Runs a script, given as a byte string. Nothing runs when it doesn't parse (seen). Rejects only for faults of the host. */
export async function execute(
  source: string,
  host: CommandHost,
  options: LimitOptions = {},
): Promise<ExecuteResult> {
  const parsed = parse(source.replaceAll('\t', TAB), { schema: runnableSchema(host.schema), strict: true });
  if (!parsed.ok) return { error: printParseError(parsed.error) };
  const limits = new Limits(options);
  try {
    await new Machine(host, limits).evaluate(parsed.script, Environment.root());
    return {};
  } catch (error) {
    if (error instanceof Returned) return {};
    if (error instanceof RouterOsError || error instanceof ScriptAborted) return { error: error.message };
    throw error;
  } finally {
    limits.release();
  }
}
