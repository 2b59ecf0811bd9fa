import type { TextOutput } from '../io/cli-io.ts';

/** Something with things below it. */
export interface Branch {
  readonly label: string;
  readonly below: readonly Branch[];
}

/** What the lines of a tree are made of. */
export interface TreeMarks {
  readonly fork: string;
  readonly last: string;
  readonly pass: string;
  readonly none: string;
}

const UNICODE: TreeMarks = { fork: '├── ', last: '└── ', pass: '│   ', none: '    ' };
const ASCII: TreeMarks = { fork: '|-- ', last: '`-- ', pass: '|   ', none: '    ' };

/** Box-drawing characters where the output is a terminal that shows UTF-8, by the locale; ASCII else. */
export function treeMarks(
  output: Pick<TextOutput, 'isTTY'>,
  env: Readonly<Record<string, string | undefined>>,
): TreeMarks {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => (value ?? '') !== '') ?? '';
  const shows = output.isTTY && env['TERM'] !== 'dumb' && /utf-?8/i.test(locale);
  return shows ? UNICODE : ASCII;
}

/** Draws a branch and all below it, one line each; ends with a newline. */
export function drawTree(root: Branch, marks: TreeMarks): string {
  const lines = [root.label];
  const draw = (branches: readonly Branch[], before: string): void => {
    for (const [index, { label, below }] of branches.entries()) {
      const isLast = index === branches.length - 1;
      lines.push(`${before}${isLast ? marks.last : marks.fork}${label}`);
      draw(below, before + (isLast ? marks.none : marks.pass));
    }
  };
  draw(root.below, '');
  return `${lines.join('\n')}\n`;
}
