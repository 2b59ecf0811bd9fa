/**
 * What every node script begins with: POSIX sh with the tools of a minimal Debian. The values come as
 * positional arguments, never as text inside the script. `RDSCTL_ROOT` is empty on a real node; a rehearsal
 * puts a made-up tree there.
 *
 * State is told from sysfs and /proc alone: it is the same for every nvme-cli, it does no I/O, and it can be
 * read while a controller is `connecting`, when opening the device may hang for ever (lab: f, g5).
 */
export const PRELUDE = String.raw`
set -u
export LC_ALL=C
R=\${RDSCTL_ROOT-}
# a rehearsal's programs are its own: those of this host must not stand in for one that is missing there
if [ -z "$R" ]; then export PATH="$PATH:/usr/sbin:/sbin:/usr/bin:/bin"; fi
NVME=$R/sys/class/nvme-subsystem

# first line of a file into v; empty when there is none
line() { v=''; if [ -r "$1" ]; then IFS= read -r v <"$1" 2>/dev/null || :; fi; }

# a JSON string; a control character becomes a blank
str() {
  case $1 in
  *[\"\\]* | *[[:cntrl:]]*) printf '"%s"' "$(printf '%s' "$1" | tr '\000-\037\177' ' ' | sed 's/[\\"]/\\&/g')" ;;
  *) printf '"%s"' "$1" ;;
  esac
}

# is $1 the name of a controller (nvme0); of a namespace's device (nvme0n1; not nvme0c0n1, a hidden path)
is_controller() { case $1 in nvme*[!0-9]*) return 1 ;; nvme[0-9]*) return 0 ;; esac; return 1; }
is_device() { case \${1#nvme} in [!0-9]* | *[!0-9n]* | *n*n* | *n) return 1 ;; *n*) return 0 ;; esac; return 1; }

# directories of the devices of subsystem directory $1: under the subsystem, or (multipath off) its controllers
device_dirs() {
  for x in "$1"/nvme* "$1"/nvme*/nvme*; do
    if [ -e "$x/size" ] && is_device "\${x##*/}"; then printf '%s\n' "$x"; fi
  done
}

# block numbers (major:minor, decimal) of device directory $1 and its partitions
numbers() { for x in "$1" "$1"/*; do if [ -r "$x/dev" ] && [ -e "$x/size" ]; then line "$x/dev"; printf '%s\n' "$v"; fi; done; }

# "259:1" as stat prints it in hex: "103:1"
hex() { printf '%x:%x' "\${1%%:*}" "\${1##*:}"; }

# the controllers of subsystem directory $1 as JSON
controllers_json() {
  sep=''
  for c in "$1"/nvme*; do
    if [ -e "$c/state" ] && is_controller "\${c##*/}"; then
      line "$c/transport"; [ "$v" = tcp ] || continue
      printf '%s{"name":"%s","state":' "$sep" "\${c##*/}"; sep=,
      line "$c/state"; str "$v"; printf ',"address":'; line "$c/address"; str "$v"
      line "$c/hostnqn"; if [ -n "$v" ]; then printf ',"hostNqn":'; str "$v"; fi
      printf '}'
    fi
  done
}

# what the nodes in /dev are, a line "MAJOR:MINOR PATH" each (hex, as stat prints it), into nodes: one program
# for all of them, since a node may have hundreds
nl='
'
nodes=''
look_at_nodes() { nodes=$nl$(stat -L -c '%t:%T %n' "$R"/dev/nvme*n* 2>/dev/null)$nl; }

# the devices of subsystem directory $1 as JSON; dev holds the numbers in decimal
devices_json() {
  sep=''
  for d in "$1"/nvme* "$1"/nvme*/nvme*; do
    n=\${d##*/}
    { [ -e "$d/size" ] && is_device "$n"; } || continue
    [ -n "$nodes" ] || look_at_nodes
    line "$d/dev"; want=$v; line "$d/size"; ok=false
    have=\${nodes%%" $R/dev/$n$nl"*}
    if [ "$have" != "$nodes" ]; then
      have=\${have##*"$nl"}
      if [ "$((0x\${have%%:*})):$((0x\${have##*:}))" = "$want" ]; then ok=true; fi
    fi
    printf '%s{"path":"/dev/%s","sectors":%s,"usable":%s}' "$sep" "$n" "\${v:-0}" $ok; sep=,
  done
}

# is subsystem directory $1 one that is reached over TCP
is_tcp() { for c in "$1"/nvme*; do if [ -e "$c/transport" ]; then line "$c/transport"; [ "$v" = tcp ] && return 0; fi; done; return 1; }

# has subsystem directory $1 no controllers: only whoever holds its gone device keeps it
is_ghost() { for c in "$1"/nvme*/transport; do if [ -e "$c" ]; then return 1; fi; done; return 0; }

# the directory of the subsystem with NQN $1 (compared whole) into found
find_subsystem() {
  found=''
  for s in "$NVME"/nvme-subsys*; do
    line "$s/subsysnqn"
    if [ "$v" = "$1" ]; then found=$s; return 0; fi
  done
  return 1
}

use() { printf '%s{"kind":"%s","what":' "$usep" "$1"; str "$2"; printf '}'; usep=,; }

# What uses the devices of subsystem directory $1, as JSON items. Mounts are looked for in every mount
# namespace; loop devices and plain opens are what an exclusive open can't see; the exclusive open sees the
# rest (lazy unmounts, file systems with numbers of their own). Only a live device is opened.
uses_json() {
  usep=''
  live=''; for c in "$1"/nvme*; do if [ -e "$c/state" ]; then line "$c/state"; if [ "$v" = live ]; then live=1; fi; fi; done
  dirs=$(device_dirs "$1")
  for d in $dirs; do
    n=\${d##*/}
    for num in $(numbers "$d"); do
      h=$(hex "$num")
      # mountinfo writes blanks in paths as \040
      cat "$R"/proc/[0-9]*/mountinfo 2>/dev/null | awk -v n="$num" '$3 == n && !seen[$5]++ { print $5 }' >"$tmp"
      while IFS= read -r m; do use mount "$m"; done <"$tmp"
      awk 'NR > 1 { print $1 }' "$R/proc/swaps" 2>/dev/null >"$tmp"
      while IFS= read -r f; do
        if [ "$(stat -L -c '%t:%T' "$R$f" 2>/dev/null)" = "$h" ]; then use swap "$f"; fi
      done <"$tmp"
      for l in "$R"/sys/block/loop*/loop/backing_file; do
        [ -r "$l" ] || continue
        line "$l"; l=\${l%/loop/backing_file}
        if [ "$(stat -L -c '%t:%T' "$R$v" 2>/dev/null)" = "$h" ]; then use loop "/dev/\${l##*/}"; fi
      done
      find "$R"/proc/[0-9]*/fd -mindepth 1 -maxdepth 1 -exec stat -L -c '%t:%T %n' {} + 2>/dev/null |
        awk -v h="$h" '$1 == h { sub(/\/fd\/[0-9]+$/, "", $2); if (!seen[$2]++) print $2 }' >"$tmp"
      while IFS= read -r p; do
        if [ "$p" = "/proc/$$" ]; then continue; fi
        line "$p/comm"; use process "\${v:-?} (pid \${p##*/})"
      done <"$tmp"
    done
    for x in "$d"/holders/* "$d/$n"p*/holders/*; do
      if [ -e "$x" ] || [ -h "$x" ]; then line "$x/dm/name"; use holder "\${x##*/}\${v:+ ($v)}"; fi
    done
    if [ -n "$live" ]; then
      words=$(timeout -k 1 5 wipefs --all --no-act "$R/dev/$n" 2>&1 >/dev/null); rc=$?
      case $rc:$words in
      0:*) ;;
      *[Bb]usy*) use exclusive "/dev/$n" ;;
      *) use unknown "/dev/$n: exit $rc: $words" ;;
      esac
    fi
  done
}

# What is mounted from an NVMe device that is gone, a line "nvme0n1 MOUNTPOINT" each, into dead. Who writes there
# gets errors for ever, while a new device of the same volume may be at work. Each mount namespace is read once,
# not each process. The kernel keeps a gone device's name taken while it is mounted (lab: g1): what is named so in
# sysfs is there.
dead='' dead_sought=''
seek_dead() {
  if [ -n "$dead_sought" ]; then return; fi
  dead_sought=1
  files=$(ls -iL "$R"/proc/[0-9]*/ns/mnt 2>/dev/null | awk '!seen[$1]++ { sub(/ns\/mnt$/, "mountinfo", $2); print $2 }')
  mounted=$(cat \${files:-"$R"/proc/[0-9]*/mountinfo} 2>/dev/null | awk '/ - [^ ]+ \/dev\/nvme/ {
    for (i = 7; i < NF; i++) if ($i == "-") break
    if (!seen[$(i + 2), $5]++) { sub(/^\/dev\//, "", $(i + 2)); print $(i + 2), $5 }
  }')
  while IFS=' ' read -r n m; do
    if [ -n "$n" ] && is_device "\${n%p*}" && [ ! -e "$R/sys/class/block/\${n%p*}" ]; then dead=$dead$n\ $m$nl; fi
  done <<END
$mounted
END
}

# Those of subsystem directory $1 as JSON items: its number is in their name, and stays taken as long as they are
# mounted. (With multipath off the controller's number is there: the same one, unless it was not the first.)
dead_json() {
  deadp=''
  while IFS=' ' read -r n m; do
    case $n in
    nvme"\${1##*/nvme-subsys}"n*) printf '%s{"device":"/dev/%s","mount":' "$deadp" "$n"; str "$m"; printf '}'; deadp=, ;;
    esac
  done <<END
$dead
END
}

# one subsystem directory $1 as JSON; $2 = 1: with its uses
subsystem_json() {
  printf '{"nqn":'; line "$1/subsysnqn"; str "$v"
  printf ',"controllers":['; controllers_json "$1"
  printf '],"devices":['; devices_json "$1"
  printf '],"uses":['; if [ "$2" = 1 ]; then uses_json "$1"; fi; printf ']'
  if [ -n "$dead" ]; then printf ',"deadMounts":['; dead_json "$1"; printf ']'; fi
  printf '}'
}

# a file for what uses_json finds, made where it is needed
tmp=''
need_tmp() { tmp=$(mktemp) || exit 3; trap 'rm -f "$tmp"' EXIT; }
`.replaceAll('\\${', '${');
