import { PRELUDE } from './prelude.ts';

/**
 * Arguments: nonce NQN address wait cut-off (seconds; cut-off = 1: the storage server has cut
 * this node off, so use is not asked and every controller is dropped).
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
main() {
  need_tmp
  nonce=$1 nqn=$2 address=$3 wait=$4 cutoff=$5
  uses='' words=''
  if find_subsystem "$nqn"; then
    live=''
    for c in "$found"/nvme*; do if ours "$c"; then line "$c/state"; if [ "$v" = live ]; then live=1; fi; fi; done
    if [ -n "$live" ] && [ "$cutoff" = 0 ]; then uses=$(uses_json "$found"); fi
    if [ -z "$uses" ]; then
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
      end=$(( $(date +%s) + wait ))
      while left; do
        if [ "$(date +%s)" -ge $end ]; then break; fi
        sleep 0.02 2>/dev/null || sleep 1
      done
    fi
  fi
  printf 'BEGIN %s\\n{"uses":[%s],"words":' "$nonce" "$uses"; str "$words"
  printf ',"subsystem":'
  if find_subsystem "$nqn"; then subsystem_json "$found" 0; else printf null; fi
  printf '}\\nOK %s\\n' "$nonce"
}
main "$@" </dev/null
`;
