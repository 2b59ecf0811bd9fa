import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The programs of a node that act on its made-up kernel. One sh script stands in for all of them: it tells
 * the simulator its name and arguments and runs the few lines of sh that come back. Everything goes through
 * named pipes beside the programs, so it works under `sudo`, `timeout` and `env`.
 *
 * The pipe for the answer is opened before the question is asked, so the simulator's answer never waits for
 * a reader, and one that was killed meanwhile is known by its pipe having no reader. The simulator clears away
 * what was asked and answered.
 */
const STAND_IN = String.raw`#!/bin/sh
sim=$(CDPATH= cd -- "\${0%/*}/../.sim" && pwd) || exit 127
name=\${0##*/}
call() {
  local c r go
  c=$sim/call.$$.$n; n=$((n + 1))
  printf '%s\0' "$name" "$@" >"$c.args" || exit 127
  mkfifo "$c.pipe" || exit 127
  exec 9<>"$c.pipe"
  echo "\${c##*/}" >"$sim/questions"
  IFS= read -r go <&9
  exec 9<&-
  . "$sim/$go"
  r=$?
  if [ -e "$c.data" ]; then rm -f "$c.data"; fi
  return $r
}
n=0
call "$@"
exit $?
`.replaceAll('\\${', '${');

/**
 * What most calls of `stat` ask for is known without asking: the numbers of a device node. The rest goes the
 * common way.
 */
const STAT = String.raw`#!/bin/sh
bin=\${0%/*}
root=\${bin%/bin}
known() {
  for path; do
    case $path in
    "$root"/dev/*/*) return 1 ;;
    "$root"/dev/*) [ -f "$root/.sim/numbers/\${path##*/}" ] || return 1 ;;
    *) return 1 ;;
    esac
  done
}
if [ $# -ge 4 ] && [ "$1 $2" = '-L -c' ]; then
  case $3 in
  %t:%T) named='' ;;
  '%t:%T %n') named=1 ;;
  *) exec "$bin/.stat/stat" "$@" ;;
  esac
  format=$3
  shift 3
  if known "$@"; then
    for path; do
      IFS= read -r numbers <"$root/.sim/numbers/\${path##*/}" || exit 1
      printf '%s\n' "$numbers\${named:+ $path}"
    done
    exit 0
  fi
  set -- -L -c "$format" "$@"
fi
exec "$bin/.stat/stat" "$@"
`.replaceAll('\\${', '${');

const SUDO = String.raw`#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
  -n | -H | -E | -S) shift ;;
  -u) shift 2 ;;
  --) shift; break ;;
  *) break ;;
  esac
done
exec "$@"
`;

const SUDO_REFUSED = `#!/bin/sh
echo 'sudo: a password is required' >&2
exit 1
`;

/** Every program that the simulator answers for. */
export const ANSWERED = [
  'nvme',
  'modprobe',
  'wipefs',
  'blkid',
  'mount',
  'umount',
  'dd',
  'swapon',
  'swapoff',
  'losetup',
  'fuser',
  'dmesg',
  'uname',
] as const;

export interface StandInOptions {
  readonly nvmeCli: boolean;
  readonly sudo: boolean;
  /** Seconds that the node's clock is ahead; 0: the machine's own `date` answers. */
  readonly clockSkew: number;
}

/** Puts the programs into DIR/bin and what they need into DIR/.sim. */
export function writeStandIns(directory: string, options: StandInOptions): void {
  const bin = join(directory, 'bin');
  mkdirSync(join(bin, '.stat'), { recursive: true });
  mkdirSync(join(directory, '.sim', 'numbers'), { recursive: true });
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  };
  for (const name of ANSWERED) if (name !== 'nvme' || options.nvmeCli) program(name, STAND_IN);
  program('stat', STAT);
  program('.stat/stat', STAND_IN.replace('/../.sim', '/../../.sim'));
  program('sudo', options.sudo ? SUDO : SUDO_REFUSED);
  if (options.clockSkew !== 0) {
    const ahead = String(options.clockSkew);
    program('date', `#!/bin/sh\nexec /bin/date -d "@$(($(/bin/date +%s) + ${ahead}))" "$@"\n`);
  }
}
