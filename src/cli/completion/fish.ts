import type { CompletedCommand, CompletedOption, CompletionModel, Values } from './model.ts';

/** The completion script for fish. */
export function fishCompletion({ commands, groups, common }: CompletionModel): string {
  const taking = [
    ...new Set(
      [...common, ...commands.flatMap(({ options }) => options)]
        .filter(({ display }) => display !== null)
        .flatMap(({ long, short }) => (short === null ? [long] : [long, short])),
    ),
  ];
  const lines = [
    'complete -c rdsctl -f',
    ...first(commands, groups),
    ...common.map((one) => optionLine("__rdsctl_at ''", one)),
    ...commands.flatMap((one) => [
      ...one.options.map((option) => optionLine(`__rdsctl_at ${text(one.name)}`, option)),
      ...operandLines(one),
    ]),
  ];
  return `# Completion of rdsctl for fish; made by "rdsctl completion fish".

# Sets, for the line up to the cursor: the command, how many arguments it has, and options that name the state.
function __rdsctl_read
    set -g __rdsctl_command
    set -g __rdsctl_given 0
    set -g __rdsctl_passed
    set -l expects
    set -l groups ${groups.map(({ name }) => name).join(' ')}
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test -n "$expects"
            if contains -- $expects -c --config --state
                set -a __rdsctl_passed $expects $word
            end
            set expects
        else if string match -q -- '-*' $word
            if contains -- $word ${taking.join(' ')}
                set expects $word
            end
        else if test -z "$__rdsctl_command"
            set __rdsctl_command $word
        else if contains -- "$__rdsctl_command" $groups
            set __rdsctl_command "$__rdsctl_command $word"
        else
            set __rdsctl_given (math $__rdsctl_given + 1)
        end
    end
end

function __rdsctl_at
    __rdsctl_read
    test "$__rdsctl_command" = "$argv[1]"
end

function __rdsctl_operand
    __rdsctl_at $argv[1]; and test $__rdsctl_given -ge $argv[2]; and test $__rdsctl_given -le $argv[3]
end

function __rdsctl_names
    __rdsctl_read
    set -l words (commandline -opc)
    $words[1] $__rdsctl_passed __names $argv[1] 2>/dev/null
end

${lines.join('\n')}
`;
}

function first(commands: readonly CompletedCommand[], groups: CompletionModel['groups']): string[] {
  const at = (where: string, word: string, about: string): string =>
    `complete -c rdsctl -n ${text(`__rdsctl_at ${text(where)}`)} -a ${text(word)} -d ${text(about)}`;
  return [
    ...groups.map(({ name, summary }) => at('', name, summary)),
    ...commands.map(({ name, summary }) => {
      const [group = '', member] = name.split(' ');
      return member === undefined ? at('', group, summary) : at(group, member, summary);
    }),
  ];
}

function optionLine(condition: string, { long, short, about, display, values }: CompletedOption): string {
  const name = `-l ${long.slice(2)}${short === null ? '' : ` -s ${short.slice(1)}`}`;
  const value = display === null ? '' : `${values.kind === 'file' ? ' -r' : ' -x'}${offered(values)}`;
  return `complete -c rdsctl -n ${text(condition)} ${name}${value} -d ${text(about)}`;
}

function operandLines({ name, operands }: CompletedCommand): string[] {
  return operands.flatMap(({ values, repeats }, index) =>
    values.kind === 'nothing'
      ? []
      : [
          `complete -c rdsctl -n ${text(`__rdsctl_operand ${text(name)} ${index} ${repeats ? 999 : index}`)}${offered(values)}`,
        ],
  );
}

function offered(values: Values): string {
  switch (values.kind) {
    case 'words':
      return ` -a ${text(values.words.join(' '))}`;
    case 'names':
      return ` -a ${text(`(__rdsctl_names ${values.of})`)}`;
    case 'file':
      return ' -F';
    case 'directory':
      return ` -a ${text('(__fish_complete_directories)')}`;
    case 'nothing':
      return '';
  }
}

/** In single quotes, as fish reads them. */
function text(value: string): string {
  return `'${value.replace(/[\\']/g, '\\$&')}'`;
}
