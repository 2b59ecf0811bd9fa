import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The programs of a node that act on its made-up kernel. One sh script stands in for all of them: it tells
 * the simulator its name and arguments and runs the few lines of sh that come back. Everything goes through
 * named pipes beside the programs, so it works under `sudo`, `timeout` and `env`.
 *
 * The pipe for the answer is opened before the question is asked, so the simulator's answer never waits for
 * a reader, and one that was killed meanwhile is known by its pipe having no reader.
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
  . "$c.answer"
  r=$?
  rm -f "$c.args" "$c.pipe" "$c.answer" "$c.data"
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
if [ $# = 4 ] && [ "$1 $2 $3" = '-L -c %t:%T' ]; then
  case $4 in
  "$root"/dev/*/*) ;;
  "$root"/dev/*)
    if [ -f "$root/.sim/numbers/\${4##*/}" ]; then
      IFS= read -r numbers <"$root/.sim/numbers/\${4##*/}" && printf '%s\n' "$numbers" && exit 0
    fi ;;
  esac
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
