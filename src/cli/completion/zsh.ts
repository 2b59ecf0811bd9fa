import type { CompletedCommand, CompletedOption, CompletionModel, Values } from './model.ts';

/** The completion script for zsh: a file `_rdsctl` on its fpath. */
export function zshCompletion({ commands, groups, common }: CompletionModel): string {
  const single = commands.filter(({ name }) => !name.includes(' '));
  return `#compdef rdsctl
# Completion of rdsctl for zsh; made by "rdsctl completion zsh".

_rdsctl_names() {
  local -a names passed
  local i
  for ((i = 2; i < $#_rdsctl_line; i++)); do
    case $_rdsctl_line[i] in
      -c | --config | --state) passed+=("$_rdsctl_line[i]" "$_rdsctl_line[i+1]") ;;
      --config=* | --state=*) passed+=("$_rdsctl_line[i]") ;;
    esac
  done
  names=(\${(f)"$($_rdsctl_line[1] $passed __names $argv[-1] 2>/dev/null)"})
  compadd "\${@[1,-2]}" -a names
}

_rdsctl_commands() {
  local -a commands=(
${[...single, ...groups].map(({ name, summary }) => `    ${text(`${name}:${summary}`)}`).join('\n')}
  )
  _describe -t commands command commands
}

${groups.map(({ name }) => groupFunctions(name, commands)).join('\n')}
_rdsctl() {
  local curcontext="$curcontext" state
  local -a line _rdsctl_line=($words)
  typeset -A opt_args
  _arguments -C -s -S \\
${common.map(optionSpec).join('')}    '1: :_rdsctl_commands' '*:: :->rest'
  [[ $state == rest ]] || return 0
  case $words[1] in
${single.map((one) => commandCase(one, one.name)).join('\n')}
${groups.map(({ name }) => `    ${name}) _rdsctl_${name} ;;`).join('\n')}
  esac
}

if [[ $funcstack[1] == _rdsctl ]]; then _rdsctl "$@"; else compdef _rdsctl rdsctl; fi
`;
}

function groupFunctions(group: string, commands: readonly CompletedCommand[]): string {
  const members = commands.filter(({ name }) => name.startsWith(`${group} `));
  const word = ({ name }: CompletedCommand): string => name.slice(group.length + 1);
  return `_rdsctl_${group}_commands() {
  local -a commands=(
${members.map((one) => `    ${text(`${word(one)}:${one.summary}`)}`).join('\n')}
  )
  _describe -t commands command commands
}

_rdsctl_${group}() {
  local state
  _arguments -C '1: :_rdsctl_${group}_commands' '*:: :->rest'
  [[ $state == rest ]] || return 0
  case $words[1] in
${members.map((one) => commandCase(one, word(one))).join('\n')}
  esac
}
`;
}

function commandCase({ options, operands }: CompletedCommand, word: string): string {
  const specs = operands.map(
    ({ display, values, repeats }, index) =>
      `    ${text(`${repeats ? '*' : String(index + 1)}:${display}:${action(values)}`)} \\\n`,
  );
  return `    ${word})
      _arguments -s -S \\
${[...options.map(optionSpec), ...specs].join('').trimEnd().replace(/ \\$/, '')} ;;`;
}

/** One option in the words of _arguments. */
function optionSpec({ long, short, about, display, values, repeats }: CompletedOption): string {
  const told = `[${about.replace(/[[\]\\]/g, '\\$&')}]`;
  const value = display === null ? '' : `:${display}:${action(values)}`;
  const names = [
    ...(short === null ? [] : [`${short}${display === null ? '' : '+'}`]),
    `${long}${display === null ? '' : '='}`,
  ];
  const others = repeats ? '*' : `(${[short ?? '', long].join(' ').trim()})`;
  return names.map((name) => `    ${text(`${others}${name}${told}${value}`)} \\\n`).join('');
}

function action(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `(${values.words.join(' ')})`;
    case 'names':
      return `_rdsctl_names ${values.of}`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'nothing':
      return ' ';
  }
}

/** In single quotes, as a POSIX shell reads them. */
function text(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
