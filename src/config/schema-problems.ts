import type * as v from 'valibot';
import { closest, distance } from 'fastest-levenshtein';
import type { ConfigDocument } from './config-document.ts';
import { formatKey, type ConfigProblem, type KeyPath } from './problem.ts';

/** Turns an issue of the schema into problems that name the line and say what to write. */
export function describeIssue(
  schema: unknown,
  issue: v.BaseIssue<unknown>,
  document: ConfigDocument,
): ConfigProblem[] {
  const path = (issue.path ?? []).map((item) => item.key) as (string | number)[];
  const at = (message: string): ConfigProblem[] => [
    { line: document.lineOf(path), key: formatKey(path), message },
  ];
  if (issue.type === 'strict_object') {
    const key = String(path.at(-1) ?? '');
    if (issue.expected === 'never')
      return at(`is not a key that is known here${suggestion(schema, key, path)}`);
    if (issue.received === 'undefined' && path.length > 0) return at('is missing');
    return at('must be a map');
  }
  const origin = issue.path?.at(-1)?.origin;
  const shown = showValue(issue.input);
  if (origin === 'key') return at(issue.message);
  return at(
    issue.message.startsWith('must') ? `${issue.message}, not ${shown}` : `${shown} ${issue.message}`,
  );
}

/** The nearest key that is known where an unknown one stands. */
function suggestion(schema: unknown, unknown: string, path: KeyPath): string {
  const known = knownKeys(schema, path.slice(0, -1));
  if (known.length === 0) return '';
  const best = closest(unknown, known);
  const near = distance(unknown.toLowerCase(), best.toLowerCase()) <= Math.max(2, unknown.length / 3);
  return near ? `: did you mean ${best}?` : `: known are ${known.join(', ')}`;
}

/** The keys that the schema knows at a place. */
function knownKeys(root: unknown, path: KeyPath): string[] {
  let schema = root;
  for (const part of path) {
    schema = unwrap(schema);
    if (isObject(schema) && isObject(schema['entries'])) schema = schema['entries'][part];
    else if (isObject(schema) && schema['type'] === 'record') schema = schema['value'];
    else if (isObject(schema) && schema['type'] === 'array') schema = schema['item'];
    else return [];
  }
  schema = unwrap(schema);
  return isObject(schema) && isObject(schema['entries']) ? Object.keys(schema['entries']) : [];
}

function unwrap(schema: unknown): unknown {
  let inner = schema;
  while (isObject(inner)) {
    if (isObject(inner['wrapped'])) inner = inner['wrapped'];
    else if (Array.isArray(inner['pipe'])) inner = inner['pipe'].find(isShape) ?? null;
    else return inner;
  }
  return inner;
}

/** The step of a pipe that says which keys there are. */
function isShape(step: unknown): boolean {
  return isObject(step) && (isObject(step['entries']) || step['type'] === 'record');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function showValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const written = JSON.stringify(value);
  return written.length > 60 ? `${written.slice(0, 57)}…` : written;
}
