import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { TextOutput } from '../io/cli-io.ts';
import { makeDocument, type DocumentBody, type DocumentKind } from './document.ts';
import type { OutputFormat } from './format.ts';
import type { Style } from './style.ts';

/** One thing that a command has to show. */
export interface Result {
  readonly kind: DocumentKind;
  /** The document's fields. */
  body(): DocumentBody;
  /** For a person: lines, each with its newline. `wide` asks for everything. */
  text(style: Style, wide: boolean): string;
  /** What a script wants next, one a line. */
  names(): readonly string[];
}

/** A list of things; with `-o jsonl` each is a document of its own. */
export interface ListResult<T> extends Omit<Result, 'body'> {
  /** The kind of one item. */
  readonly itemKind: DocumentKind;
  readonly items: readonly T[];
  /** The fields of one item's document. */
  item(item: T): DocumentBody;
  /** Fields of the list's document that stand before `items`. */
  readonly extra?: DocumentBody;
}

/** Writes results to stdout in the wanted format. */
export interface Results {
  readonly format: OutputFormat;
  readonly style: Style;
  /** The width to keep to; undefined when nobody looks. */
  readonly columns: number | undefined;
  one(result: Result): Promise<void>;
  list<T>(result: ListResult<T>): Promise<void>;
  /** Text that is the result itself, whatever the format: a completion script, a starter file. */
  raw(text: string): Promise<void>;
}

/** Makes the writer of results. */
export function makeResults(output: TextOutput, format: OutputFormat, style: Style): Results {
  const line = (kind: DocumentKind, body: DocumentBody): string =>
    `${JSON.stringify(makeDocument(kind, body))}\n`;
  const plain = (result: Omit<Result, 'body'>): string | null => {
    if (format === 'table' || format === 'wide') return result.text(style, format === 'wide');
    if (format === 'name')
      return result
        .names()
        .map((name) => `${name}\n`)
        .join('');
    return null;
  };
  const whole = async (kind: DocumentKind, body: DocumentBody): Promise<string> => {
    const document = makeDocument(kind, body);
    if (format !== 'yaml') return `${JSON.stringify(document, null, 2)}\n`;
    const { toYaml } = await import('./yaml.ts');
    return toYaml(document);
  };
  const write = async (text: string): Promise<void> => {
    try {
      await output.write(text);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new RdsctlError('LOCAL_IO', { message: `can not write the result to stdout: ${why}`, cause });
    }
  };
  return {
    format,
    style,
    columns: output.columns,
    async one(result) {
      const text =
        plain(result) ??
        (format === 'jsonl' ? line(result.kind, result.body()) : await whole(result.kind, result.body()));
      await write(text);
    },
    async list(result) {
      const text =
        plain(result) ??
        (format === 'jsonl'
          ? result.items.map((item) => line(result.itemKind, result.item(item))).join('')
          : await whole(result.kind, {
              ...result.extra,
              items: result.items.map((item) => result.item(item)),
            }));
      await write(text);
    },
    raw: write,
  };
}
