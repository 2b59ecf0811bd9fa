import type { TextOutput } from '../io/cli-io.ts';

/** Colours by meaning. Without colour every function gives its text back. */
export interface Style {
  readonly coloured: boolean;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  caution(text: string): string;
  busy(text: string): string;
}

const same = (text: string): string => text;

/** No colours. */
export const PLAIN: Style = {
  coloured: false,
  bold: same,
  dim: same,
  good: same,
  bad: same,
  caution: same,
  busy: same,
};

/** Whether colours are wanted there: only on a terminal that can show them, and unless somebody objects. */
export function wantsColour(
  output: Pick<TextOutput, 'isTTY'>,
  noColor: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const set = (name: string): boolean => (env[name] ?? '') !== '';
  return output.isTTY && !noColor && !set('NO_COLOR') && !set('CI') && env['TERM'] !== 'dumb';
}

/** The style for an output; loads the colours only when they are wanted. */
export async function loadStyle(coloured: boolean): Promise<Style> {
  if (!coloured) return PLAIN;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    coloured: true,
    bold: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    caution: (text) => chalk.yellow(text),
    busy: (text) => chalk.cyan(text),
  };
}
