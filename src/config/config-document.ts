import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Node, type Pair } from 'yaml';
import type { ConfigProblem, KeyPath } from './problem.ts';

/** A configuration file as plain values, with where in the file each of them stands. */
export interface ConfigDocument {
  readonly value: unknown;
  /** What YAML itself has against it. */
  readonly problems: readonly ConfigProblem[];
  /** The line of a key, or of the nearest key around it that the file has; null when it has none. */
  lineOf(path: KeyPath): number | null;
  /** Whether the file itself has the key. */
  has(path: KeyPath): boolean;
}

/** Parses YAML (and so JSON). */
export function parseConfigDocument(text: string): ConfigDocument {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, stringKeys: true, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings].map((issue) => ({
    line: counter.linePos(issue.pos[0]).line,
    key: '',
    message: describe(issue.code, issue.message),
  }));
  const lineAt = (offset: number | undefined): number | null =>
    offset === undefined ? null : counter.linePos(offset).line;

  function find(path: KeyPath): { line: number | null; complete: boolean } {
    let node: unknown = document.contents;
    let line: number | null = null;
    for (const part of path) {
      if (isMap(node)) {
        const pair: Pair | undefined = node.items.find(
          (item) => isScalar(item.key) && String(item.key.value) === String(part),
        );
        if (pair === undefined) return { line, complete: false };
        line = lineAt((pair.key as Node).range?.[0]) ?? line;
        node = pair.value;
      } else if (isSeq(node)) {
        const item: unknown = node.items[Number(part)];
        if (item === undefined) return { line, complete: false };
        line = lineAt((item as Node).range?.[0]) ?? line;
        node = item;
      } else {
        return { line, complete: false };
      }
    }
    return { line, complete: true };
  }

  return {
    value: problems.length === 0 ? (document.toJS({ maxAliasCount: 100 }) as unknown) : undefined,
    problems,
    lineOf: (path) => find(path).line,
    has: (path) => find(path).complete,
  };
}

/** The messages of the YAML package that need more help than it gives. */
function describe(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'is indented with a tab: YAML takes only blanks';
  if (code === 'DUPLICATE_KEY') return 'has a key that was there before: each key may stand once';
  return message;
}
