import type { CommandDefinition } from '../command.ts';
import { COMMON_VARIABLES } from '../common-options.ts';
import { commonOptionsOf } from '../help.ts';
import { optionName } from '../option-name.ts';
import type { ArgumentSpec, OptionSpec } from '../spec-types.ts';
import { literal, paragraphs, plain, seeAlso, sentences, tagged, type Page } from './mdoc.ts';

/** The name of a command's page: `rdsctl-config-check`. */
export function pageName({ name }: CommandDefinition): string {
  return `rdsctl-${name.replaceAll(' ', '-')}`;
}

/** A command's page, from its definition. */
export function commandPage(definition: CommandDefinition): Page {
  const own = Object.entries(definition.options).filter(([, spec]) => !spec.hidden);
  const args = Object.values(definition.arguments);
  const common = commonOptionsOf(definition);
  return {
    name: pageName(definition),
    section: 1,
    about: lowerFirst(definition.summary.replace(/\.$/, '')),
    sections: [
      ['SYNOPSIS', synopsis(definition)],
      ['DESCRIPTION', paragraphs(definition.description) + aliases(definition) + described(args)],
      ...(own.length === 0 ? [] : [['OPTIONS', tagged(own.map(optionItem))] as const]),
      [
        'COMMON OPTIONS',
        `Every command has these; each can also be given by the variable that is named with it.\n${tagged(common.map(([key, spec]) => [optionTerm(key, spec), `${sentences(spec.about).trimEnd()}\n.Ev ${COMMON_VARIABLES[key]}\n`]))}`,
      ],
      ['EXIT STATUS', '0 when it is done, or was so already.\nThe other codes stand in\n.Xr rdsctl 1 .\n'],
      ...(definition.examples.length === 0
        ? []
        : [
            [
              'EXAMPLES',
              definition.examples.map(({ run, about }) => `${plain(about)}:\n${literal(run)}`).join(''),
            ] as const,
          ]),
      [
        'SEE ALSO',
        seeAlso([
          ['rdsctl', 1],
          ['rdsctl.yaml', 5],
          ['rdsctl-safety', 7],
        ]),
      ],
    ],
  };
}

function synopsis(definition: CommandDefinition): string {
  const operands = Object.values(definition.arguments).map(operand).join('');
  return `.Nm rdsctl ${definition.name}\n${operands}.Op Ar OPTIONS\n`;
}

function operand({ arity, display }: ArgumentSpec<unknown>): string {
  if (arity === 'one') return `.Ar ${display}\n`;
  return `.Op Ar ${display}${arity === 'many' ? ' ...' : ''}\n`;
}

function described(args: readonly ArgumentSpec<unknown>[]): string {
  return tagged(args.map(({ display, about }) => [`Ar ${display}`, sentences(about)]));
}

function aliases({ aliases: others }: CommandDefinition): string {
  return others.length === 0
    ? ''
    : `.Pp\nAlso called\n${others.map((one) => `.Nm rdsctl ${one}`).join(' ,\n')} .\n`;
}

/** An option as an item of a list: its names and what it does. */
export function optionItem([key, spec]: readonly [string, OptionSpec<unknown>]): readonly [string, string] {
  return [optionTerm(key, spec), sentences(spec.about)];
}

function optionTerm(key: string, { short, display }: OptionSpec<unknown>): string {
  const value = display === null ? '' : ` Ar ${display.replaceAll('|', ' | Ar ')}`;
  const long = `Fl ${plain(optionName(key).slice(1))}${value}`;
  return short === null ? long : `Fl ${short} , ${long}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
