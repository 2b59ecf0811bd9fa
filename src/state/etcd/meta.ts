import { damaged, newer } from '../faults.ts';

/** What holds the keys of a state together: it changes with every commit. */
export interface Meta {
  readonly lineage: string;
  readonly serial: number;
  /** Under which name the entries stand now: a replacement is put beside them, then named here. */
  readonly generation: string;
  /** How many entries there are: one that was taken away by other hands is missed. */
  readonly entries: number;
  /** The last commits, the newest last: one whose answer was lost finds itself here. */
  readonly commits: readonly string[];
}

const FORMAT = 'rdsctl-state-etcd';
const SCHEMA = 1;

/** How many commits are remembered. */
export const REMEMBERED = 64;

export function encodeMeta({ lineage, serial, generation, entries, commits }: Meta): string {
  const remembered = commits.slice(-REMEMBERED);
  return JSON.stringify({
    format: FORMAT,
    schema: SCHEMA,
    lineage,
    serial,
    generation,
    entries,
    commits: remembered,
  });
}

/**
 * @param where the key, for messages
 * @throws RdsctlError STATE_DAMAGED, STATE_NEWER
 */
export function decodeMeta(text: string, where: string): Meta {
  const value = parse(text, where);
  if (value['format'] !== FORMAT) throw damaged(where, 'it is not a state of rdsctl');
  const { schema, lineage, serial, generation, entries, commits } = value;
  if (isCount(schema) && schema > SCHEMA) throw newer(where, schema, true);
  const isWhole =
    schema === SCHEMA &&
    typeof lineage === 'string' &&
    lineage !== '' &&
    isCount(serial) &&
    serial > 0 &&
    typeof generation === 'string' &&
    /^[0-9a-z]+$/.test(generation) &&
    isCount(entries) &&
    Array.isArray(commits) &&
    commits.every((commit) => typeof commit === 'string');
  if (!isWhole) throw damaged(where, 'its fields are not as they must be');
  return { lineage, serial, generation, entries, commits };
}

function parse(text: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(where, 'it is not JSON', error);
  }
  if (typeof value !== 'object' || value === null) throw damaged(where, 'it is not a state of rdsctl');
  return value as Readonly<Record<string, unknown>>;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
