import { PRELUDE } from './prelude.ts';

/**
 * Arguments: nonce wait cut-off (seconds; cut-off = 1: the storage server has cut this node off, so use is not
 * asked and every controller is dropped), then for each subsystem: NQN address. Several at a time only when they
 * are cut off: then nothing of one is waited for before the next is told to go.
 *
 * nvme-cli asks nobody before it tears a device away (lab g1), so use is tested here once more, right before
 * it. A controller that is not live is ended through sysfs: nvme-cli 2.3 opens the device even to disconnect
 * and hangs (lab g5). Success is told from sysfs alone.
 */
export const DISCONNECT = `${PRELUDE}
ours() {
  [ -e "$1/address" ] || return 1
  line "$1/transport"; [ "$v" = tcp ] || return 1
  line "$1/address"
  case ,$v, in *,traddr="$address",*) return 0 ;; esac
  return 1
}
left() {
  find_subsystem "$nqn" || return 1
  for c in "$found"/nvme*; do
    if ours "$c"; then return 0; fi
  done
  return 1
}
# in the background and silent: when it hangs, nothing of it may keep the answer back
drop() { (echo 1 >"$1/delete_controller") >/dev/null 2>&1 & }
# tells the controllers of $nqn at $address to go
end_it() {
  find_subsystem "$nqn" || return 0
  live=''
  for c in "$found"/nvme*; do if ours "$c"; then line "$c/state"; if [ "$v" = live ]; then live=1; fi; fi; done
  if [ -n "$live" ] && [ "$cutoff" = 0 ]; then uses=$(uses_json "$found"); fi
  if [ -n "$uses" ]; then return 0; fi
  for c in "$found"/nvme*; do
    ours "$c" || continue
    line "$c/state"
    case $cutoff:$v in
    0:live)
      # hangs for a minute when the network has just gone (lab d10): sysfs is asked then
      words="$words $(timeout -k 1 10 nvme disconnect --device="\${c##*/}" 2>&1)" || drop "$c" ;;
    *:deleting*) ;;
    *) drop "$c" ;;
    esac
  done
}
# waits for them to be gone, and prints what is so then
tell() {
  while [ -z "$uses" ] && left; do
    if [ "$(date +%s)" -ge $end ]; then break; fi
    sleep 0.02 2>/dev/null || sleep 1
  done
  printf '{"uses":[%s],"words":' "$uses"; str "$words"
  printf ',"subsystem":'
  if find_subsystem "$nqn"; then subsystem_json "$found" 0; else printf null; fi
  printf '}'
}
each() {
  verb=$1 between=''
  shift
  while [ $# -ge 2 ]; do
    nqn=$1 address=$2
    if [ "$verb" = tell ]; then printf %s "$between"; fi
    $verb
    between=,
    shift 2
  done
}
main() {
  need_tmp
  nonce=$1 wait=$2 cutoff=$3
  shift 3
  uses='' words=''
  each end_it "$@"
  end=$(( $(date +%s) + wait ))
  printf 'BEGIN %s\\n[' "$nonce"
  each tell "$@"
  printf ']\\nOK %s\\n' "$nonce"
}
main "$@" </dev/null
`;
