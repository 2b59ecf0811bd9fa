import type { CompletedCommand, CompletedOption, CompletionModel, Values } from './model.ts';

/**
 * The completion script for bash. Everything but the names of volumes, nodes and storage servers stands in it,
 * so that only those make rdsctl start. It needs nothing of the bash-completion package.
 */
export function bashCompletion(model: CompletionModel): string {
  const { commands, groups, common } = model;
  const top = [
    ...new Set([...commands.map(({ name }) => name.split(' ')[0] ?? ''), ...groups.map(({ name }) => name)]),
  ];
  return `# Completion of rdsctl for bash; made by "rdsctl completion bash".

# What follows a word that is a command or begins one; fails for any other.
_rdsctl_words() {
  case "$1" in
    '') echo ${quoted(top)} ;;
${groups.map(({ name }) => `    ${name}) echo ${quoted(members(commands, name))} ;;`).join('\n')}
    *) return 1 ;;
  esac
}

_rdsctl_options() {
  case "$1" in
    '') echo ${quoted(flags(common))} ;;
${commands.map((one) => `    '${one.name}') echo ${quoted(flags(one.options))} ;;`).join('\n')}
  esac
}

# What an option's value is; fails when it takes none.
_rdsctl_value() {
  case "$1:$2" in
${valueCases(common, '*')}
${commands.flatMap((one) => ownValues(one, common)).join('\n')}
    *) return 1 ;;
  esac
}

# What the nth argument of a command is.
_rdsctl_operand() {
  case "$1:$2" in
${commands.flatMap(operandCases).join('\n')}
  esac
}

_rdsctl() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" command='' expects='' only='' given=0 i word kind
  local -a passed=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == '=' ]]; then continue; fi
    if [[ -n $expects ]]; then
      case "$expects" in -c | --config | --state) passed+=("$expects" "$word") ;; esac
      expects=''
    elif [[ -z $only && $word == -- ]]; then only=1
    elif [[ -z $only && $word == -* ]]; then
      if _rdsctl_value "$command" "$word" >/dev/null; then expects="$word"; fi
    elif _rdsctl_words "$command" >/dev/null; then command="\${command:+$command }$word"
    else given=$((given + 1))
    fi
  done
  if [[ $cur == '=' ]]; then cur=''; fi
  COMPREPLY=()
  if [[ -n $expects ]]; then kind="$(_rdsctl_value "$command" "$expects")"
  elif [[ -z $only && $cur == -* ]]; then kind="words $(_rdsctl_options "$command")"
  elif kind="$(_rdsctl_words "$command")"; then kind="words $kind"
  else kind="$(_rdsctl_operand "$command" "$given")"
  fi
  case "$kind" in
    words*) mapfile -t COMPREPLY < <(compgen -W "\${kind#words }" -- "$cur") ;;
    names*) mapfile -t COMPREPLY < <(compgen -W "$("\${COMP_WORDS[0]}" "\${passed[@]}" __names "\${kind#names }" 2>/dev/null)" -- "$cur") ;;
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
  esac
}

complete -F _rdsctl rdsctl
`;
}

function members(commands: readonly CompletedCommand[], group: string): string[] {
  return commands.flatMap(({ name }) => (name.startsWith(`${group} `) ? [name.slice(group.length + 1)] : []));
}

/** Words that hold nothing the shell would read: options and names of commands. */
function quoted(words: readonly string[]): string {
  return `'${words.join(' ')}'`;
}

function flags(options: readonly CompletedOption[]): string[] {
  return options.flatMap(({ long, short }) => (short === null ? [long] : [short, long]));
}

function valueCases(options: readonly CompletedOption[], command: string): string {
  return options
    .filter(({ display }) => display !== null)
    .map(({ long, short, values }) => {
      const names = [long, ...(short === null ? [] : [short])].map((name) => `${command}:${name}`);
      return `    ${names.join(' | ')}) echo ${described(values)} ;;`;
    })
    .join('\n');
}

function ownValues(command: CompletedCommand, common: readonly CompletedOption[]): string[] {
  const own = command.options.filter(({ long }) => !common.some((one) => one.long === long));
  const cases = valueCases(own, `'${command.name}'`);
  return cases === '' ? [] : [cases];
}

function operandCases({ name, operands }: CompletedCommand): string[] {
  return operands.map(({ values, repeats }, index) => {
    const nth = repeats ? '*' : String(index);
    return `    '${name}':${nth}) echo ${described(values)} ;;`;
  });
}

function described(values: Values): string {
  switch (values.kind) {
    case 'words':
      return quoted(['words', ...values.words]);
    case 'names':
      return quoted(['names', values.of]);
    case 'file':
    case 'directory':
    case 'nothing':
      return values.kind;
  }
}
