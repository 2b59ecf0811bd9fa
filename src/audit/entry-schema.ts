import * as v from 'valibot';
import { AUDIT_RESULTS, type AuditEntry } from './entry.ts';

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const TextOrNull = v.nullable(v.string());

/** A line of the log; fields that a later version may add are let through. */
const Entry = v.looseObject({
  v: v.literal(1),
  seq: v.pipe(Count, v.minValue(1)),
  time: v.pipe(v.string(), v.isoTimestamp()),
  id: v.string(),
  event: v.string(),
  result: v.picklist(AUDIT_RESULTS),
  exitCode: Count,
  reason: TextOrNull,
  volume: TextOrNull,
  node: TextOrNull,
  rds: TextOrNull,
  who: v.looseObject({
    user: v.string(),
    uid: v.nullable(Count),
    sudoUser: TextOrNull,
    sshOrigin: TextOrNull,
  }),
  host: v.string(),
  pid: Count,
  command: v.string(),
  operatorReason: TextOrNull,
  token: v.nullable(Count),
  durationMs: v.number(),
  changes: v.array(v.looseObject({ at: v.string(), what: v.string() })),
  message: TextOrNull,
  prev: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

/** The entry that a line holds; null when it holds none, as one that was cut off by a crash. */
export function parseEntry(line: Buffer): AuditEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(line.toString());
  } catch {
    return null;
  }
  const parsed = v.safeParse(Entry, value);
  return parsed.success ? parsed.output : null;
}
