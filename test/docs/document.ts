import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');

/** A fenced block of a document. */
export interface Block {
  /** What stands after the fence: `sh`, `text`, … */
  readonly language: string;
  /** The line of the document that its first line is. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** What stands under one heading, up to the next one of any depth. */
export interface Section {
  readonly heading: string;
  readonly blocks: readonly Block[];
}

export interface Document {
  readonly file: string;
  readonly text: string;
  readonly sections: readonly Section[];
}

/** Reads a Markdown document of the project, `docs/STATE.md`. */
export function readDocument(file: string): Document {
  const text = readFileSync(path.join(root, file), 'utf8');
  const sections: { heading: string; blocks: { language: string; line: number; lines: string[] }[] }[] = [
    { heading: '', blocks: [] },
  ];
  let open: { language: string; line: number; lines: string[]; indent: string } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^(\s*)```(.*)$/.exec(line);
    if (open !== null) {
      if (fence !== null) open = null;
      else open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    } else if (fence !== null) {
      open = { language: (fence[2] ?? '').trim(), line: index + 2, lines: [], indent: fence[1] ?? '' };
      sections.at(-1)?.blocks.push(open);
    } else if (/^#+ /.test(line)) {
      sections.push({ heading: line.replace(/^#+ /, ''), blocks: [] });
    }
  }
  if (open !== null) throw new Error(`${file}:${open.line}: the block has no end`);
  return { file, text, sections };
}

/** A block to be run, what it ends with and what it shows. */
export interface Step {
  readonly where: string;
  readonly script: string;
  readonly exitCode: number;
  /** The `text` block that follows, if one does. */
  readonly shows: readonly string[];
}

const MARKER = /#.*\bexit code (\d+)/;

/** The `sh` blocks of a section. `# exit code 4` on the last line says what it ends with; 0 where nothing does. */
export function stepsOf(file: string, section: Section): Step[] {
  const steps: Step[] = [];
  for (const [index, block] of section.blocks.entries()) {
    if (block.language !== 'sh') continue;
    const where = `${file}:${block.line}`;
    const early = block.lines.slice(0, -1).find((line) => MARKER.test(line));
    if (early !== undefined) throw new Error(`${where}: a command that fails must be the last of its block`);
    const next = section.blocks[index + 1];
    steps.push({
      where,
      script: block.lines.join('\n'),
      exitCode: Number(MARKER.exec(block.lines.at(-1) ?? '')?.[1] ?? 0),
      shows: next?.language === 'text' ? next.lines : [],
    });
  }
  return steps;
}
