import { EXIT_CODES } from '../../errors/exit-codes.ts';
import { REASONS } from '../../errors/reasons.ts';
import { COMMON_OPTION_SPECS } from '../common-options.ts';
import type { CommandDefinition } from '../command.ts';
import { commonOptionsOf } from '../help.ts';
import { optionName } from '../option-name.ts';
import type { ArgumentSpec, OptionSpec } from '../spec-types.ts';

/** What a shell offers for a value. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Asked of rdsctl when they are wanted: they change. */
  | { readonly kind: 'names'; readonly of: 'volume' | 'node' | 'rds' }
  | { readonly kind: 'file' }
  | { readonly kind: 'directory' }
  /** Free text: nothing is offered. */
  | { readonly kind: 'nothing' };

export interface CompletedOption {
  readonly long: string;
  /** With its dash; null when there is none. */
  readonly short: string | null;
  readonly about: string;
  /** How its value is called; null when it takes none. */
  readonly display: string | null;
  readonly values: Values;
  readonly repeats: boolean;
}

export interface CompletedOperand {
  readonly display: string;
  readonly values: Values;
  readonly repeats: boolean;
}

/** A command as completion sees it. */
export interface CompletedCommand {
  /** Its words: `list`, or `config check`. */
  readonly name: string;
  readonly summary: string;
  readonly operands: readonly CompletedOperand[];
  readonly options: readonly CompletedOption[];
}

/** Everything that the scripts for the shells are made from. */
export interface CompletionModel {
  /** Aliases stand as commands of their own. */
  readonly commands: readonly CompletedCommand[];
  /** Words that need a second one, with the line that tells what it is. */
  readonly groups: readonly { readonly name: string; readonly summary: string }[];
  /** Options that may stand before the command. */
  readonly common: readonly CompletedOption[];
}

/** Reads the definitions for what the shells complete. */
export function completionModel(definitions: readonly CommandDefinition[]): CompletionModel {
  const shown = definitions.filter(({ hidden }) => hidden !== true);
  const commands = shown.flatMap((one) => [one.name, ...one.aliases].map((name) => completed(one, name)));
  const groups = new Set(
    commands.map(({ name }) => name.split(' ')).flatMap(([a, b]) => (a && b ? [a] : [])),
  );
  return {
    commands: [...commands, helpCommand([...commands.map(({ name }) => name), ...groups])],
    groups: [...groups].map((name) => ({
      name,
      summary: `Commands: ${commands
        .filter((one) => one.name.startsWith(`${name} `))
        .map((one) => one.name.slice(name.length + 1))
        .join(', ')}.`,
    })),
    common: [...Object.entries(COMMON_OPTION_SPECS).map(([key, spec]) => option(key, spec)), ...ALWAYS],
  };
}

/** Options that every command has without naming them. */
const ALWAYS: readonly CompletedOption[] = [
  {
    long: '--help',
    short: '-h',
    about: 'This help.',
    display: null,
    values: { kind: 'nothing' },
    repeats: false,
  },
  {
    long: '--version',
    short: '-V',
    about: 'The version.',
    display: null,
    values: { kind: 'nothing' },
    repeats: false,
  },
];

function completed(definition: CommandDefinition, name: string): CompletedCommand {
  const own = Object.entries(definition.options).filter(([, spec]) => !spec.hidden);
  return {
    name,
    summary: definition.summary,
    operands: Object.values(definition.arguments).map(operand),
    options: [...[...own, ...commonOptionsOf(definition)].map(([key, spec]) => option(key, spec)), ...ALWAYS],
  };
}

function helpCommand(names: readonly string[]): CompletedCommand {
  const words = [...new Set(names.map((name) => name.split(' ')[0] ?? ''))];
  return {
    name: 'help',
    summary: 'Show the help of a command.',
    operands: [{ display: 'COMMAND', values: { kind: 'words', words }, repeats: false }],
    options: [],
  };
}

function option(key: string, spec: OptionSpec<unknown>): CompletedOption {
  return {
    long: optionName(key),
    short: spec.short === null ? null : `-${spec.short}`,
    about: spec.about,
    display: spec.display,
    values: valuesOf(spec),
    repeats: spec.kind === 'list' || spec.kind === 'count',
  };
}

function operand(spec: ArgumentSpec<unknown>): CompletedOperand {
  return { display: spec.display, values: valuesOf(spec), repeats: spec.arity === 'many' };
}

function valuesOf({ choices, completes }: Pick<OptionSpec<unknown>, 'choices' | 'completes'>): Values {
  if (choices !== null) return { kind: 'words', words: choices };
  switch (completes) {
    case 'volume':
    case 'node':
    case 'rds':
      return { kind: 'names', of: completes };
    case 'file':
    case 'directory':
      return { kind: completes };
    case 'reason':
      return {
        kind: 'words',
        words: [...Object.keys(REASONS), ...Object.keys(EXIT_CODES).filter((code) => code !== 'OK')],
      };
    case 'phase':
    case null:
      return { kind: 'nothing' };
  }
}
