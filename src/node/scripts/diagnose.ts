import { VIEW } from './observe.ts';
import { PRELUDE } from './prelude.ts';

/** What of a file is looked at, in bytes: nobody's list of connections is longer. */
const MOST_OF_A_FILE = 16384;

/**
 * Arguments: nonce. Changes nothing: what a node has set up that concerns NVMe over fabrics, from files alone
 * (a unit is enabled by a link in a directory of wants).
 */
export const DIAGNOSE = `${PRELUDE}${VIEW}
content() { if [ -r "$1" ]; then str "$(head -c ${MOST_OF_A_FILE} "$1")"; else printf null; fi; }
lines_of() { if [ -r "$1" ]; then str "$(head -c ${MOST_OF_A_FILE} "$1" | grep -v '^[[:space:]]*#' | tr '\\n' ';')"; else printf null; fi; }
units_json() {
  sep=''
  for u in nvmf-autoconnect.service nvmefc-boot-connections.service stafd.service stacd.service; do
    for w in "$R"/etc/systemd/system/*.wants/$u "$R"/etc/systemd/system/*.requires/$u; do
      if [ -h "$w" ] || [ -e "$w" ]; then printf '%s"%s"' "$sep" $u; sep=,; break; fi
    done
  done
}
attribute() { printf ',"%s":' "$1"; line "$2"; str "$v"; }
controllers_set() {
  sep=''
  for c in "$NVME"/nvme-subsys*/nvme*; do
    if [ -e "$c/state" ] && is_controller "\${c##*/}"; then
      line "$c/transport"; [ "$v" = tcp ] || continue
      printf '%s{"name":"%s"' "$sep" "\${c##*/}"; sep=,
      attribute nqn "\${c%/*}/subsysnqn"
      attribute state "$c/state"; attribute address "$c/address"
      attribute ctrlLossTmo "$c/ctrl_loss_tmo"; attribute hostNqn "$c/hostnqn"; printf '}'
    fi
  done
}
main() {
  nonce=$1; shift
  printf 'BEGIN %s\\n{"view":' "$nonce"
  view_json
  printf ',"configJson":'; content "$R/etc/nvme/config.json"
  printf ',"discoveryConf":'; lines_of "$R/etc/nvme/discovery.conf"
  printf ',"units":['; units_json
  printf '],"multipath":'; line "$R/sys/module/nvme_core/parameters/multipath"; str "$v"
  printf ',"controllers":['; controllers_set
  printf ']}\\nOK %s\\n' "$nonce"
}
main "$@" </dev/null
`;
