import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Completes a line in a real shell, as if Tab was pressed at its end. */
export type Complete = (line: string) => string[];

export interface ShellSetting {
  /** A directory for the test's own files. */
  readonly dir: string;
  /** The completion script. */
  readonly script: string;
  /** What `rdsctl` is when the script calls it. */
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
}

function run(setting: ShellSetting, command: string, args: readonly string[]): string {
  return execFileSync(command, args, {
    encoding: 'utf8',
    cwd: setting.dir,
    env: {
      PATH: `${setting.bin}:${process.env['PATH'] ?? ''}`,
      HOME: setting.dir,
      TERM: 'dumb',
      LC_ALL: 'C.UTF-8',
      ...setting.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const lines = (text: string): string[] => [...new Set(text.split('\n').filter((line) => line !== ''))].sort();

/** bash splits words at `=` before the function is called: so does this. */
export function bashCompleter(setting: ShellSetting): Complete {
  const file = path.join(setting.dir, 'rdsctl.bash');
  writeFileSync(file, setting.script);
  return (line) => {
    const words = line
      .split(' ')
      .flatMap((word) => word.split(/(=)/).filter((part) => part !== '' || word === ''));
    return lines(
      run(setting, 'bash', [
        '--norc',
        '-c',
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "$(complete -p rdsctl | sed "s/.*-F \\([^ ]*\\).*/\\1/")"; printf "%s\\n" "${COMPREPLY[@]}"',
        'bash',
        file,
        ...words,
      ]),
    );
  };
}

export function fishCompleter(setting: ShellSetting): Complete {
  const file = path.join(setting.dir, 'rdsctl.fish');
  writeFileSync(file, setting.script);
  return (line) =>
    lines(
      run(setting, 'fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', file, line]),
    ).map((one) => one.split('\t')[0] ?? '');
}

/** zsh completes only on a terminal: one is made with zsh/zpty, and what is offered is written down. */
export function zshCompleter(setting: ShellSetting): Complete {
  const functions = path.join(setting.dir, 'functions');
  mkdirSync(functions, { recursive: true });
  writeFileSync(path.join(functions, '_rdsctl'), setting.script);
  const inner = path.join(setting.dir, 'inner.zsh');
  writeFileSync(inner, INNER);
  const driver = path.join(setting.dir, 'driver.zsh');
  writeFileSync(driver, DRIVER);
  return (line) => lines(run(setting, 'zsh', ['-f', driver, inner, functions, line]));
}

/** Runs in the shell on the terminal: writes each match that is offered to a file, then says so. */
const INNER = `
fpath=($OFFERED_FUNCTIONS $fpath)
autoload -Uz compinit && compinit -u -D
compadd () {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a offered
  builtin compadd -A offered "$@"
  print -rl -- $offered >> $OFFERED_FILE
  builtin compadd "$@"
}
told () { print -r -- OFFERED-ALL }
comppostfuncs=(told)
zstyle ':completion:*' menu no
unsetopt beep list_beep
bindkey '^I' complete-word
print -r -- OFFERED-'READY'
`;

const DRIVER = `
zmodload zsh/zpty
export OFFERED_FUNCTIONS=$2 OFFERED_FILE=$PWD/offered.$$
: > $OFFERED_FILE
zpty shell zsh -f -i
zpty -w shell "source $1"
local said
zpty -r -m shell said '*OFFERED-READY*'
zpty -w -n shell "$3"$'\\t'
zpty -r -m shell said '*OFFERED-ALL*'
zpty -d shell
cat $OFFERED_FILE
`;
