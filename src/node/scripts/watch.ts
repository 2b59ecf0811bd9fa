import { PRELUDE } from './prelude.ts';

/**
 * A watch on one volume of a node, for a proof: something in the background reads from its device without a
 * pause and notes when that began to fail, something else notes when its controller left `live`.
 *
 * Arguments: nonce, then `begin NQN address seconds`, `look ID` or `end ID`. It ends by itself after so many
 * seconds, should nobody come back for it, and writes nothing to the volume. Times are milliseconds of the
 * kernel's clock that only grows (/proc/uptime: the one of this host, also in a rehearsal).
 */
export const WATCH = `${PRELUDE}
uptime_ms() { IFS=' ' read -r v _ </proc/uptime; v=\${v%.*}\${v#*.}0; }
pause() { sleep "$1" 2>/dev/null || sleep 1; }
is_live() {
  find_subsystem "$nqn" || return 1
  for c in "$found"/nvme*; do
    [ -e "$c/address" ] || continue
    line "$c/address"
    case ,$v, in *,traddr="$address",*) line "$c/state"; if [ "$v" = live ]; then return 0; fi ;; esac
  done
  return 1
}
note() { printf '%s\\n' "$2" >"$d/$1.new" 2>/dev/null && mv -f "$d/$1.new" "$d/$1" 2>/dev/null; }
# until it is told to end, or its time is over
# (a node that was booted has forgotten it: in a rehearsal too)
goes_on() {
  [ -e "$d/goes-on" ] || return 1
  line "$R/proc/sys/kernel/random/boot_id"; [ "$v" = "$boot" ] || return 1
  uptime_ms; now=$v; [ "$now" -lt "$until" ]
}
watch_state() {
  left=''
  while goes_on; do
    if ! is_live; then note left "$now"; break; fi
    pause 0.02
  done
  while goes_on; do pause 0.2; done
  # the one that reads may still hang in a read: it finds its directory gone
  rm -rf "$d"
}
watch_reads() {
  done_count=0 failed_count=0 first=0 last=0
  while goes_on; do
    if timeout -k 1 30 dd if="$R/dev/$device" of=/dev/null bs=4096 count=1 iflag=direct; then
      uptime_ms; last=$v done_count=$((done_count + 1))
    else
      uptime_ms; failed_count=$((failed_count + 1))
      if [ $first = 0 ]; then first=$v; fi
      pause 0.1
    fi
    note reads "$done_count $last $failed_count $first"
    pause 0.02
  done
}
begin() {
  nqn=$1 address=$2
  find_subsystem "$nqn" || return 0
  device=''
  for x in $(device_dirs "$found"); do device=\${x##*/}; done
  [ -n "$device" ] || return 0
  d=$(mktemp -d /tmp/rdsctl-watch.XXXXXX) || exit 3
  uptime_ms; until=$((v + $3 * 1000))
  line "$R/proc/sys/kernel/random/boot_id"; boot=$v
  : >"$d/goes-on"
  trap '' HUP
  # by exec, which leaves no copy of the old ones open: they would keep the answer from ending
  (exec </dev/null >/dev/null 2>&1; watch_state) &
  echo $! >"$d/pids"
  (exec </dev/null >/dev/null 2>&1; watch_reads) &
  echo $! >>"$d/pids"
  id=\${d##*/}
}
look() {
  d=/tmp/$1
  [ -d "$d" ] || return 0
  id=$1
  line "$d/left"; left=$v
  line "$d/reads"; reads=$v
}
# ended when nothing of it runs any more: a reader would hold the device open
end() {
  d=/tmp/$1
  [ -d "$d" ] || return 0
  id=$1
  # read before anything ends: what ends first removes the directory, and the reader may still be at it
  pids=''
  if [ -r "$d/pids" ]; then while read -r p; do pids="$pids $p"; done <"$d/pids"; fi
  rm -f "$d/goes-on"
  n=0
  while [ $n -lt 250 ]; do
    alive=''
    for p in $pids; do if kill -0 "$p" 2>/dev/null; then alive="$alive $p"; fi; done
    if [ -z "$alive" ]; then break; fi
    n=$((n + 1)); pause 0.02
  done
  # not those that have ended: their numbers may be somebody else's by now
  for p in $alive; do kill -9 "$p" 2>/dev/null || :; done
  rm -rf "$d"
}
main() {
  nonce=$1 verb=$2; shift 2
  id='' left='' reads=''
  case $verb in begin) begin "$@" ;; look) look "$@" ;; end) end "$@" ;; esac
  uptime_ms
  printf 'BEGIN %s\\n{"id":"%s","clock":"%s","left":"%s","reads":"%s"}\\nOK %s\\n' "$nonce" "$id" "$v" "$left" "$reads" "$nonce"
}
# what runs on in the background must not inherit a copy of the script's own input either
main "$@"
`;
