import { PRELUDE } from './prelude.ts';

/**
 * Arguments: nonce ctrl-loss-tmo reconnect-delay keep-alive-tmo fast-io-fail-tmo wait modern (all times in
 * whole seconds; modern = 1 for nvme-cli 3), then for each connection: NQN address port hostNQN hostID.
 *
 * Loads the module (nvme-cli does not), connects unless there is a controller for this NQN at this address,
 * sets fast_io_fail_tmo (nvme-cli 2.3 has no option for it; sysfs works on all: lab a5b), waits for a live
 * controller with a usable block device (it appears shortly after connect returns: lab h1), and reports:
 * an array, in the order of the arguments. Several go side by side, so that none waits for another that stalls.
 */
export const CONNECT = `${PRELUDE}
has_controller() {
  find_subsystem "$nqn" || return 1
  for c in "$found"/nvme*; do
    [ -e "$c/address" ] || continue
    line "$c/address"
    case ,$v, in *,traddr="$address",*) case ,$v, in *,trsvcid="$port",*) return 0 ;; esac ;; esac
  done
  return 1
}
# what sysfs shows of the subsystem into json: is there a live controller, and a usable device
ready() {
  json=null nodes=''
  find_subsystem "$nqn" || return 1
  json=$(subsystem_json "$found" 0)
  case $json in *'"state":"live"'*) ;; *) return 1 ;; esac
  case $json in *'"usable":true'*) return 0 ;; esac
  return 1
}
# one connection as JSON
one() {
  nqn=$1 address=$2 port=$3 hostnqn=$4 hostid=$5
  connected=false words=$loaded
  if ! has_controller; then
    set -- connect --transport=tcp --nqn="$nqn" --traddr="$address" --trsvcid="$port" \\
      --hostnqn="$hostnqn" --hostid="$hostid" \\
      --ctrl-loss-tmo="$loss" --reconnect-delay="$delay" --keep-alive-tmo="$kato"
    if [ "$modern" = 1 ]; then
      help=$(nvme connect --help 2>&1)
      case $help in *--idempotent*) set -- "$@" --idempotent ;; esac
      case $help in *--owner*) set -- "$@" --owner=rdsctl ;; esac
    fi
    # a target that stalls in the handshake holds a connect up for as long as 60 s (lab e)
    said=$(timeout -k 2 70 nvme "$@" 2>&1); rc=$?
    if [ $rc = 0 ]; then connected=true; else words="$words \${said:-nvme connect: exit $rc}"; fi
  fi
  if has_controller; then
    if [ "$fast" -ge 0 ]; then
      for c in "$found"/nvme*; do
        if [ -w "$c/fast_io_fail_tmo" ]; then { echo "$fast" >"$c/fast_io_fail_tmo"; } 2>/dev/null || :; fi
      done
    fi
    if ! ready; then
      end=$(( $(date +%s) + wait ))
      until ready; do
        if [ "$(date +%s)" -ge $end ]; then break; fi
        sleep 0.02 2>/dev/null || sleep 1
      done
    fi
  else
    ready || :
  fi
  if [ $connected = false ] && [ -n "$words" ]; then
    # why the target refused stands only in the kernel log
    words="$words $(dmesg 2>/dev/null | grep -F -e 'nvme' | tail -n 4 | sed 's/^\\[[^]]*\\] *//' | tr '\\n' ';')"
  fi
  printf '{"connected":%s,"words":' $connected; str "$words"
  printf ',"subsystem":%s}' "$json"
}
main() {
  nonce=$1 loss=$2 delay=$3 kato=$4 fast=$5 wait=$6 modern=$7
  shift 7
  loaded=''
  if [ ! -d "$R/sys/module/nvme_tcp" ]; then loaded=$(modprobe nvme-tcp 2>&1) || loaded="modprobe nvme-tcp: $loaded"; fi
  printf 'BEGIN %s\\n[' "$nonce"
  if [ $# -le 5 ]; then one "$@"; else several "$@"; fi
  printf ']\\nOK %s\\n' "$nonce"
}
several() {
  dir=$(mktemp -d) || dir=''
  if [ -n "$dir" ]; then trap 'rm -rf "$dir"' EXIT; fi
  count=0
  while [ $# -ge 5 ]; do
    if [ -n "$dir" ]; then
      one "$1" "$2" "$3" "$4" "$5" >"$dir/$count" &
    else
      # without room for files, one after another
      if [ $count -gt 0 ]; then printf ,; fi
      one "$1" "$2" "$3" "$4" "$5"
    fi
    count=$((count + 1))
    shift 5
  done
  wait
  i=0
  while [ -n "$dir" ] && [ $i -lt $count ]; do
    if [ $i -gt 0 ]; then printf ,; fi
    cat "$dir/$i"
    i=$((i + 1))
  done
}
main "$@" </dev/null
`;
