/** The commands that a script may use when it runs. */

import type { Schema } from '../host.ts';

/** Commands of the language that the simulator can run; a test holds them against those that it has. */
const RUNNABLE: ReadonlySet<string> = new Set(
  (
    'delay deserialize do error find for foreach global if len local nothing onerror parse pick put retry return ' +
    'serialize set time timestamp toarray tobool tonum tostr totime typeof while'
  ).split(' '),
);

const schemas = new WeakMap<Schema, Schema>();

/** A version's schema without the commands of the language that the simulator lacks: those are unknown names then. */
export function runnableSchema(schema: Schema): Schema {
  const known = schemas.get(schema);
  if (known !== undefined) return known;
  const language = Object.entries(schema[':'] ?? {}).filter(([name]) => RUNNABLE.has(name));
  const runnable: Schema = { ...schema, ':': Object.fromEntries(language) };
  schemas.set(schema, runnable);
  return runnable;
}
