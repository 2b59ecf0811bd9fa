import { Command, CommanderError, Option } from 'commander';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { COMMON_OPTION_SPECS, type CommonOptionName } from './common-options.ts';
import type { CommandDefinition } from './command.ts';
import type { OptionSpec } from './spec-types.ts';
import { usageLine } from './help.ts';
import { optionName } from './option-name.ts';
import { optionValue, type RawValue } from './option-values.ts';

/** A command line after parsing. */
interface ParsedCommandLine {
  readonly args: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  /** The common options as they were given; what isn't there was not. */
  readonly common: Readonly<Partial<Record<CommonOptionName, RawValue>>>;
}

/**
 * Parses what stands after a command's name.
 * @throws RdsctlError BAD_ARGUMENT
 */
export function parseCommandLine(definition: CommandDefinition, words: readonly string[]): ParsedCommandLine {
  const command = build(definition);
  try {
    command.parse([...words], { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? usageError(definition, error) : error;
  }
  const raw = (key: string): RawValue => {
    const negative = /^no[A-Z]/.test(key);
    const attribute = negative ? key.charAt(2).toLowerCase() + key.slice(3) : key;
    if (command.getOptionValueSource(attribute) !== 'cli') return undefined;
    return negative ? true : (command.getOptionValue(attribute) as RawValue);
  };
  const options = Object.entries(definition.options).map(([key, spec]) => [
    key,
    optionValue(spec, raw(key), optionName(key)),
  ]);
  const common = Object.keys(COMMON_OPTION_SPECS)
    .map((key) => [key, raw(key)] as const)
    .filter(([, value]) => value !== undefined);
  const args = Object.keys(definition.arguments).map((key, index) => [
    key,
    command.processedArgs[index] as unknown,
  ]);
  return {
    args: Object.fromEntries(args) as Record<string, unknown>,
    options: Object.fromEntries(options) as Record<string, unknown>,
    common: Object.fromEntries(common),
  };
}

/** Sets up commander for one command. */
function build(definition: CommandDefinition): Command {
  const command = new Command(definition.name)
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .helpOption(false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(true);
  for (const argument of Object.values(definition.arguments)) {
    const name = argument.arity === 'many' ? `${argument.display}...` : argument.display;
    command.argument(argument.arity === 'one' ? `<${name}>` : `[${name}]`);
  }
  for (const [key, spec] of Object.entries(definition.options)) command.addOption(toOption(key, spec));
  for (const [key, spec] of Object.entries<OptionSpec<unknown>>(COMMON_OPTION_SPECS)) {
    if (key !== 'dryRun' || definition.changes) command.addOption(toOption(key, spec));
  }
  return command;
}

function toOption(key: string, spec: OptionSpec<unknown>): Option {
  const short = spec.short === null ? '' : `-${spec.short}, `;
  const value = spec.display === null ? '' : ` <${spec.display}>`;
  const option = new Option(`${short}${optionName(key)}${value}`);
  if (spec.kind === 'count') option.argParser((_value, before: number | undefined) => (before ?? 0) + 1);
  if (spec.kind === 'list') {
    option.argParser((value, before: string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}

/** Says what commander found wrong in our own form. */
function usageError(definition: CommandDefinition, error: CommanderError): RdsctlError {
  const [problem = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  return new RdsctlError('BAD_ARGUMENT', {
    message: `${definition.name}: ${problem}${suggestion === undefined ? '' : ` ${suggestion}`}`,
    hints: [
      { when: 'Usage:', run: usageLine(definition) },
      { when: 'All options:', run: `rdsctl ${definition.name} --help` },
    ],
    details: { command: definition.name },
  });
}
