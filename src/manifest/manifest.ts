import * as v from 'valibot';
import { parseConfigDocument, type ConfigDocument } from '../config/config-document.ts';
import { formatKey, type ConfigProblem } from '../config/problem.ts';
import { describeIssue } from '../config/schema-problems.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { listSchema, manifestSchema, type ParsedAttachment } from './schema.ts';

/** One attachment that a manifest asks for. */
export interface Wanted {
  /** The volume as it stands there: a slot, or `rds/slot`. */
  readonly volume: string;
  /** The storage server, where it is said beside the volume or before the slot. */
  readonly rds: string | null;
  readonly slot: string;
  readonly node: string;
  /** Where it stands in the file. */
  readonly line: number | null;
  readonly key: string;
}

export interface Manifest {
  readonly wanted: readonly Wanted[];
  /** What the list tells of, but nobody has: volumes that were fenced or were on their way out. */
  readonly passedOver: readonly string[];
}

/** Phases of a list in which a node has the volume, or is to have it. */
const HAD: ReadonlySet<string> = new Set(['attached', 'attaching']);

/**
 * Reads a manifest. YAML or JSON, written by hand (kind Manifest) or by `list` (kind AttachmentList).
 * @param file how messages name it
 * @throws RdsctlError BAD_MANIFEST with every problem, its line and what to write instead
 */
export function parseManifest(file: string, text: string): Manifest {
  const document = parseConfigDocument(text);
  if (document.problems.length > 0) throw badManifest(file, document.problems);
  const isList = (document.value as { kind?: unknown } | null)?.kind === 'AttachmentList';
  const problems: ConfigProblem[] = [];
  let entries: readonly ParsedAttachment[] = [];
  if (isList) {
    const result = v.safeParse(listSchema, document.value ?? {});
    if (result.success) entries = result.output.items;
    else problems.push(...result.issues.flatMap((issue) => describeIssue(listSchema, issue, document)));
  } else {
    const result = v.safeParse(manifestSchema, document.value ?? {});
    if (result.success) entries = result.output.attachments;
    else problems.push(...result.issues.flatMap((issue) => describeIssue(manifestSchema, issue, document)));
  }
  const field = isList ? 'items' : 'attachments';
  const all = entries.map((entry, index) => wantedOf(entry, [field, index], document, problems));
  if (problems.length > 0) throw badManifest(file, problems);
  const passed = (index: number): boolean => !HAD.has(entries[index]?.phase ?? 'attached');
  return {
    wanted: all.filter((_, index) => !passed(index)),
    passedOver: all.filter((_, index) => passed(index)).map(({ volume }) => volume),
  };
}

function wantedOf(
  { volume, rds, node }: ParsedAttachment,
  path: readonly (string | number)[],
  document: ConfigDocument,
  problems: ConfigProblem[],
): Wanted {
  const line = document.lineOf(path);
  const slash = volume.indexOf('/');
  const before = slash === -1 ? null : volume.slice(0, slash);
  if (before !== null && rds !== undefined && before !== rds) {
    const message = `names ${before}, but rds beside it says ${rds}: keep one of the two`;
    problems.push({
      line: document.lineOf([...path, 'volume']),
      key: formatKey([...path, 'volume']),
      message,
    });
  }
  return { volume, rds: rds ?? before, slot: volume.slice(slash + 1), node, line, key: formatKey(path) };
}

/** One error that tells everything that is wrong with a manifest. */
export function badManifest(file: string, problems: readonly ConfigProblem[]): RdsctlError {
  const sorted = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = sorted.map(({ line, key, message }) => {
    const place = line === null ? `${file}:` : `${file}:${line}:`;
    return `${place} ${key === '' ? message : `${key} ${message}`}`;
  });
  const count = sorted.length === 1 ? '1 error' : `${sorted.length} errors`;
  return new RdsctlError('BAD_MANIFEST', {
    message: `the manifest has ${count}\n${lines.join('\n')}`,
    now: 'Nothing was changed.',
    hints: [],
    details: { file, problems: sorted.map(({ line, key, message }) => ({ file, line, key, message })) },
  });
}
