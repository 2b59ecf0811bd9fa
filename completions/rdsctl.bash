# Completion of rdsctl for bash; made by "rdsctl completion bash".

# What follows a word that is a command or begins one; fails for any other.
_rdsctl_words() {
  case "$1" in
    '') echo 'attach detach move adopt apply list ls history show tree volumes drain fence unfence nodes reconcile state doctor config simulate explain completion help' ;;
    state) echo 'check backup export import restore rebuild unlock' ;;
    config) echo 'init check show' ;;
    *) return 1 ;;
  esac
}

_rdsctl_options() {
  case "$1" in
    '') echo '-c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'attach') echo '--shared --handoff --take-over -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'detach') echo '-c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'move') echo '-c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'adopt') echo '-c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'apply') echo '-f --file --prune -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'list') echo '--node --volume --phase --rds --columns --sort --no-headers --watch --interval -c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'ls') echo '--node --volume --phase --rds --columns --sort --no-headers --watch --interval -c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'history') echo '--event --result --by --since --until --limit -c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'show') echo '-c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'tree') echo '--rds --node --volume -c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'volumes') echo '--rds --volume --columns --sort --no-headers -c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'drain') echo '-c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'fence') echo '--volume -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'unfence') echo '--force -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'nodes') echo '--columns --sort --no-headers -c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'reconcile') echo '--metrics-file -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'state check') echo '--remote -c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'state backup') echo '-c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'state export') echo '-c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'state import') echo '--lineage --older -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'state restore') echo '--list --lineage -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'state rebuild') echo '--lineage --partial -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'state unlock') echo '--dead -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'doctor') echo '--prove-fence -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'config init') echo '--rds --nvme-address --node --identity-file --offline -f --force -c --config --state -o --output --dry-run --timeout --lock-timeout -y --yes -q --quiet -v --verbose --no-color --log-format --reason -h --help -V --version' ;;
    'config check') echo '-c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'config show') echo '-c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'simulate') echo '--dir --nodes --volumes --storage-servers --first-node --first-storage-server --routeros --events --quirk --faults -c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'explain') echo '-c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'completion') echo '-c --config --state -o --output --timeout -q --quiet -v --verbose --no-color --log-format -h --help -V --version' ;;
    'help') echo '' ;;
  esac
}

# What an option's value is; fails when it takes none.
_rdsctl_value() {
  case "$1:$2" in
    *:--config | *:-c) echo file ;;
    *:--state) echo directory ;;
    *:--output | *:-o) echo 'words table wide json jsonl yaml name' ;;
    *:--timeout) echo nothing ;;
    *:--lock-timeout) echo nothing ;;
    *:--log-format) echo 'words text json' ;;
    *:--reason) echo nothing ;;
    'attach':--handoff) echo nothing ;;
    'apply':--file | 'apply':-f) echo file ;;
    'list':--node) echo 'names node' ;;
    'list':--volume) echo 'names volume' ;;
    'list':--phase) echo 'words attaching attached detaching fencing fenced' ;;
    'list':--rds) echo 'names rds' ;;
    'list':--columns) echo nothing ;;
    'list':--sort) echo nothing ;;
    'list':--interval) echo nothing ;;
    'ls':--node) echo 'names node' ;;
    'ls':--volume) echo 'names volume' ;;
    'ls':--phase) echo 'words attaching attached detaching fencing fenced' ;;
    'ls':--rds) echo 'names rds' ;;
    'ls':--columns) echo nothing ;;
    'ls':--sort) echo nothing ;;
    'ls':--interval) echo nothing ;;
    'history':--event) echo nothing ;;
    'history':--result) echo 'words ok unchanged refused failed interrupted' ;;
    'history':--by) echo nothing ;;
    'history':--since) echo nothing ;;
    'history':--until) echo nothing ;;
    'history':--limit) echo nothing ;;
    'tree':--rds) echo 'names rds' ;;
    'tree':--node) echo 'names node' ;;
    'tree':--volume) echo 'names volume' ;;
    'volumes':--rds) echo 'names rds' ;;
    'volumes':--volume) echo 'names volume' ;;
    'volumes':--columns) echo nothing ;;
    'volumes':--sort) echo nothing ;;
    'fence':--volume) echo 'names volume' ;;
    'nodes':--columns) echo nothing ;;
    'nodes':--sort) echo nothing ;;
    'reconcile':--metrics-file) echo file ;;
    'state import':--lineage) echo nothing ;;
    'state restore':--lineage) echo nothing ;;
    'state rebuild':--lineage) echo nothing ;;
    'config init':--rds) echo nothing ;;
    'config init':--nvme-address) echo nothing ;;
    'config init':--node) echo nothing ;;
    'config init':--identity-file) echo file ;;
    'simulate':--dir) echo directory ;;
    'simulate':--nodes) echo nothing ;;
    'simulate':--volumes) echo nothing ;;
    'simulate':--storage-servers) echo nothing ;;
    'simulate':--first-node) echo nothing ;;
    'simulate':--first-storage-server) echo nothing ;;
    'simulate':--routeros) echo nothing ;;
    'simulate':--events) echo file ;;
    'simulate':--quirk) echo 'words sessions-outlive-export list-ignored' ;;
    'simulate':--faults) echo file ;;
    *) return 1 ;;
  esac
}

# What the nth argument of a command is.
_rdsctl_operand() {
  case "$1:$2" in
    'attach':0) echo 'names volume' ;;
    'attach':1) echo 'names node' ;;
    'detach':0) echo 'names volume' ;;
    'detach':1) echo 'names node' ;;
    'move':0) echo 'names volume' ;;
    'move':1) echo 'names node' ;;
    'adopt':*) echo 'names volume' ;;
    'history':0) echo 'names volume' ;;
    'show':0) echo 'names volume' ;;
    'drain':0) echo 'names node' ;;
    'fence':0) echo 'names node' ;;
    'unfence':0) echo 'names node' ;;
    'nodes':*) echo 'names node' ;;
    'state backup':0) echo file ;;
    'state export':0) echo file ;;
    'state import':0) echo file ;;
    'state restore':0) echo file ;;
    'state unlock':0) echo 'names volume' ;;
    'doctor':0) echo 'names volume' ;;
    'doctor':1) echo 'names node' ;;
    'config init':0) echo file ;;
    'simulate':*) echo nothing ;;
    'explain':0) echo 'words INTERNAL PARTIAL AUDIT_FAILED LOCAL_IO BAD_ARGUMENT BAD_NAME BAD_CONFIG NO_CONFIG BAD_MANIFEST BAD_KEY_FILE AMBIGUOUS_VOLUME AMBIGUOUS_LINEAGE NEEDS_CONFIRMATION SHARED_NOT_CONFIGURED DECLINED NO_SUCH_VOLUME NO_SUCH_NODE NO_SUCH_STORAGE_SERVER ATTACHED_ELSEWHERE NODE_FENCED UNTRACKED_EXPORT NOTHING_TO_ADOPT WRONG_HOST_NQN FOREIGN_TAG STALE_STATE OLDER_STATE CHANGED_MEANWHILE LOST_LOCK DUPLICATE_HOST_NQN NQN_COLLISION SHARE_LIMIT STALE_CONTROLLER OPEN_INTENT FOREIGN_LINEAGE LOCKED CONNECT_FAILED LOGIN_FAILED HOST_KEY_UNKNOWN HOST_KEY_MISMATCH CONNECTION_LOST NO_ANSWER DEVICE_IN_USE STATE_UNREADABLE STATE_DAMAGED STATE_NEWER STATE_UNREACHABLE STATE_LOGIN_FAILED STATE_OUTCOME_UNKNOWN STATE_UNWRITABLE REMOTE_ERROR BAD_ANSWER NOT_PERMITTED UNSUPPORTED_VERSION NODE_NOT_READY CONNECT_REFUSED NO_DEVICE NOT_VERIFIED NOT_DRAINED TIMED_OUT INTERRUPTED FAILED USAGE NOT_FOUND CONFLICT BUSY UNREACHABLE IN_USE DRIFT STATE REMOTE UNVERIFIED TIMEOUT SIGNAL' ;;
    'completion':0) echo 'words bash zsh fish' ;;
    'help':0) echo 'words attach detach move adopt apply list ls history show tree volumes drain fence unfence nodes reconcile state doctor config simulate explain completion' ;;
  esac
}

_rdsctl() {
  local cur="${COMP_WORDS[COMP_CWORD]}" command='' expects='' only='' given=0 i word kind
  local -a passed=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    if [[ $word == '=' ]]; then continue; fi
    if [[ -n $expects ]]; then
      case "$expects" in -c | --config | --state) passed+=("$expects" "$word") ;; esac
      expects=''
    elif [[ -z $only && $word == -- ]]; then only=1
    elif [[ -z $only && $word == -* ]]; then
      if _rdsctl_value "$command" "$word" >/dev/null; then expects="$word"; fi
    elif _rdsctl_words "$command" >/dev/null; then command="${command:+$command }$word"
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
    words*) mapfile -t COMPREPLY < <(compgen -W "${kind#words }" -- "$cur") ;;
    names*) mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "${passed[@]}" __names "${kind#names }" 2>/dev/null)" -- "$cur") ;;
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
  esac
}

complete -F _rdsctl rdsctl
