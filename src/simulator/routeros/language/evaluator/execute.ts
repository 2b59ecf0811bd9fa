/** Runs a script as a device runs the command of an exec channel. */

import type { CommandHost } from '../host.ts';
import { RouterOsError } from '../host.ts';
import { parse, printParseError } from '../parser.ts';
import type { ScriptSession } from '../session.ts';
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

/** Bounds, and what a console keeps between lines. */
export interface ExecuteOptions extends LimitOptions {
  readonly session?: ScriptSession;
}

/** Runs a script, given as a byte string. Nothing runs when it doesn't parse (seen). Rejects only for faults of the host. */
export async function execute(
  source: string,
  host: CommandHost,
  options: ExecuteOptions = {},
): Promise<ExecuteResult> {
  const { session } = options;
  const parsed = parse(source.replaceAll('\t', TAB), {
    schema: runnableSchema(host.schema),
    strict: true,
    ...(session === undefined ? {} : { session }),
  });
  if (!parsed.ok) return { error: printParseError(parsed.error) };
  if (session !== undefined) session.menu = parsed.menu;
  const limits = new Limits(options);
  try {
    await new Machine(host, limits).evaluate(parsed.script, Environment.root(session?.globals));
    return {};
  } catch (error) {
    if (error instanceof Returned) return {};
    if (error instanceof RouterOsError || error instanceof ScriptAborted) return { error: error.message };
    throw error;
  } finally {
    limits.release();
  }
}
