import { PRELUDE } from './prelude.ts';

/** What a node says of itself as JSON, for the NQNs given as arguments with their uses. */
export const VIEW = `
# is the module loaded, or can it be (busybox's modprobe knows no dry run)
can_nvme_tcp() {
  [ -d "$R/sys/module/nvme_tcp" ] || modprobe -n -q nvme-tcp >/dev/null 2>&1 ||
    grep -qs '/nvme[-_]tcp[.]ko' "$R/lib/modules/$(uname -r)/modules.dep" "$R/lib/modules/$(uname -r)/modules.builtin"
}
view_json() {
  printf '{"bootId":'
  line "$R/proc/sys/kernel/random/boot_id"; str "$v"
  printf ',"clock":"%s","kernel":' "$(date +%s)"; line "$R/proc/sys/kernel/osrelease"; str "\${v:-$(uname -r)}"
  printf ',"nvmeCli":'
  if command -v nvme >/dev/null 2>&1; then v=$(nvme version 2>/dev/null); str "\${v%%"$nl"*}"; else printf null; fi
  printf ',"nvmeTcp":'
  if can_nvme_tcp; then printf true; else printf false; fi
  printf ',"hostNqn":'; line "$R/etc/nvme/hostnqn"; str "$v"
  printf ',"hostId":'; line "$R/etc/nvme/hostid"; str "$v"
  printf ',"subsystems":['
  first=''
  for s in "$NVME"/nvme-subsys*; do
    [ -e "$s/subsysnqn" ] || continue
    line "$s/subsysnqn"; want=0
    for q in "$@"; do if [ "$q" = "$v" ]; then want=1; fi; done
    # a subsystem without controllers is the ghost of one that was mounted or open: shown when it was asked for, or
    # when the mount can be named
    if is_tcp "$s"; then want_it=1; seek_dead
    elif is_ghost "$s"; then want_it=$want; seek_dead; if [ -n "$(dead_json "$s")" ]; then want_it=1; fi
    else want_it=$want; fi
    if [ $want_it = 1 ]; then printf '%s' "$first"; subsystem_json "$s" $want; first=,; fi
  done
  printf ']}'
}
`;

/** Arguments: nonce, then the NQNs whose uses are wanted. Changes nothing. */
export const OBSERVE = `${PRELUDE}${VIEW}
main() {
  nonce=$1; shift
  if [ $# -gt 0 ]; then need_tmp; fi
  printf 'BEGIN %s\\n' "$nonce"
  view_json "$@"
  printf '\\nOK %s\\n' "$nonce"
}
main "$@" </dev/null
`;
