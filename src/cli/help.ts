import {
  CHANGING_ONLY,
  COMMON_OPTION_SPECS,
  COMMON_VARIABLES,
  type CommonOptionName,
} from './common-options.ts';
import { SECTIONS, type CommandDefinition } from './command.ts';
import type { ArgumentSpec, OptionSpec } from './spec-types.ts';
import { optionName } from './option-name.ts';
import { wrapLines } from './output/wrap.ts';
import type { Style } from './output/style.ts';

/** The overview of all commands. */
export function overview(
  definitions: readonly CommandDefinition[],
  style: Style,
  columns: number | undefined,
): string {
  const shown = definitions.filter(({ hidden }) => hidden !== true);
  const width = shown.reduce((longest, one) => Math.max(longest, titled(one).length), 0) + 2;
  let out = `Usage: rdsctl COMMAND [ARGUMENTS] [OPTIONS]\n\n`;
  out +=
    'Attaches NVMe/TCP volumes of MikroTik ROSE Data Servers to Linux nodes, one node at a time,\n' +
    'and cuts dead nodes off so that their volumes can safely live on.\n';
  for (const section of SECTIONS) {
    const rows = shown.filter((definition) => definition.section === section);
    if (rows.length === 0) continue;
    out += `\n${style.bold(`${section}:`)}\n`;
    for (const row of rows) out += entry(titled(row), row.summary, width, columns);
  }
  out += '\nMore:\n';
  out += entry('rdsctl COMMAND --help', 'arguments, options and examples of a command', 24, columns);
  out += entry('rdsctl --version', 'the version', 24, columns);
  return out;
}

function titled(definition: CommandDefinition): string {
  const operands = operandsOf(definition);
  return operands === '' ? definition.name : `${definition.name} ${operands}`;
}

/** The overview of a group such as `config`. */
export function groupOverview(
  group: string,
  definitions: readonly CommandDefinition[],
  columns?: number,
): string {
  const width = definitions.reduce((longest, one) => Math.max(longest, titled(one).length), 0) + 2;
  const rows = definitions.map((one) => entry(titled(one), one.summary, width, columns));
  return `Usage: rdsctl ${group} COMMAND\n\n${rows.join('')}`;
}

/** The help of one command. */
export function commandHelp(
  definition: CommandDefinition,
  style: Style,
  columns: number | undefined,
): string {
  const heading = (text: string): string => `\n${style.bold(text)}\n`;
  let out = `Usage: ${usageLine(definition)}\n\n${wrap(definition.description, columns)}\n`;
  const args = Object.values(definition.arguments);
  const options = Object.entries(definition.options).filter(([, spec]) => !spec.hidden);
  const common = commonOptionsOf(definition);
  const rows = [...options, ...common].map(([key, spec]) => flags(key, spec).length);
  const width = Math.max(...args.map((one) => one.display.length), ...rows) + 2;
  if (args.length > 0) {
    out += heading('Arguments:');
    for (const one of args) out += entry(one.display, one.about, width, columns);
  }
  if (options.length > 0) {
    out += heading('Options:');
    for (const [key, spec] of options) out += entry(flags(key, spec), spec.about, width, columns);
  }
  out += heading('Common options:');
  for (const [key, spec] of common) {
    out += entry(flags(key, spec), `${spec.about} [$${COMMON_VARIABLES[key]}]`, width, columns);
  }
  out += entry('-h, --help', 'This help.', width, columns);
  out += entry('-V, --version', 'The version.', width, columns);
  if (definition.examples.length > 0) {
    out += heading('Examples:');
    for (const { run, about } of definition.examples) out += `  ${style.dim(`# ${about}`)}\n  ${run}\n`;
  }
  return out;
}

/** The common options that a command's help lists. */
export function commonOptionsOf(
  definition: CommandDefinition,
): readonly (readonly [CommonOptionName, OptionSpec<unknown>])[] {
  return (Object.entries(COMMON_OPTION_SPECS) as [CommonOptionName, OptionSpec<unknown>][]).filter(
    ([name]) => definition.changes || !CHANGING_ONLY.has(name),
  );
}

/** How a command is called, in one line. */
export function usageLine(definition: CommandDefinition): string {
  return ['rdsctl', definition.name, operandsOf(definition), '[OPTIONS]']
    .filter((part) => part !== '')
    .join(' ');
}

function operandsOf(definition: CommandDefinition): string {
  return Object.values(definition.arguments).map(operand).join(' ');
}

function operand({ arity, display }: ArgumentSpec<unknown>): string {
  if (arity === 'one') return display;
  return arity === 'optional' ? `[${display}]` : `[${display}...]`;
}

function flags(key: string, spec: OptionSpec<unknown>): string {
  const short = spec.short === null ? '    ' : `-${spec.short}, `;
  return `${short}${optionName(key)}${spec.display === null ? '' : ` ${spec.display}`}`;
}

/** A term and what is to be said of it, indented and wrapped. */
function entry(term: string, about: string, width: number, columns = 100): string {
  const room = Math.max(24, columns - width - 2);
  const [first = '', ...more] = wrapLines(about, room);
  const hang = ' '.repeat(width + 2);
  return `  ${term.padEnd(width)}${first}\n${more.map((line) => `${hang}${line}\n`).join('')}`;
}

/** Wraps paragraphs to the terminal. */
function wrap(text: string, columns = 100): string {
  const width = Math.max(40, Math.min(columns, 100));
  const paragraphs = text.split('\n\n').map((one) => wrapLines(one.replace(/\s+/g, ' '), width).join('\n'));
  return paragraphs.join('\n\n');
}
