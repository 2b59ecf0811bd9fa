import { readFileSync, writeFileSync } from 'node:fs';
import { quoted, type Answer, type Call } from '../calls.ts';
import { findDevice, type NodeKernel } from '../kernel.ts';

const REAL = '/usr/bin/dd';
/** A read without a count stops here: nobody wants a whole volume through a pipe. */
const LONGEST_READ = 64 * 1024 * 1024;

/**
 * `dd` from or to a device of the node: the machine's dd does the work on a file beside, the simulator moves
 * the bytes, with the kernel's rules for I/O: it waits while the controller is away and fails when it goes.
 */
export async function dd(node: NodeKernel, call: Call): Promise<Answer> {
  const [step = ''] = call.args;
  if (step === '--sim-write') return written(node, call.args.slice(1));
  const operands = new Map(call.args.map((word) => split(word)));
  const of = operands.get('of');
  const from = operands.get('if');
  if (of?.startsWith('/dev/nvme') === true) {
    if (findDevice(node, of) === undefined) {
      return { err: `dd: failed to open '${of}': No such file or directory\n`, exit: 1 };
    }
    const rest = call.args.filter((word) => !/^(of|seek|oflag)=/.test(word));
    const kept = rest.map((word) =>
      word.replace(/^conv=(.*)$/, (_, list: string) => `conv=${keptConversions(list)}`),
    );
    const seek = size(operands.get('seek') ?? '0') * size(operands.get('obs') ?? operands.get('bs') ?? '512');
    return {
      sh:
        `${REAL} ${kept
          .filter((word) => word !== 'conv=')
          .map(quoted)
          .join(' ')} of="$c.data" 2>"$c.data.err" || ` +
        `{ cat "$c.data.err" >&2; rm -f "$c.data.err"; (exit 1); return; }\n` +
        `call --sim-write "$c.data" ${quoted(of)} ${seek} && cat "$c.data.err" >&2; r=$?; rm -f "$c.data.err"; (exit $r)`,
    };
  }
  if (from !== undefined && /\/dev\/nvme\d+n\d+$/.test(from)) return reading(node, call, from, operands);
  return { sh: `${REAL} "$@"` };
}

async function written(
  node: NodeKernel,
  [file = '', path = '', seek = '0']: readonly string[],
): Promise<Answer> {
  const found = findDevice(node, path);
  const gone = { err: `dd: error writing '${path}': Input/output error\n`, exit: 1 };
  if (found === undefined) return gone;
  const result = await node.host.submit(found.device, {
    kind: 'write',
    offset: Number(seek),
    data: readFileSync(file),
  });
  return result.ok ? { exit: 0 } : gone;
}

async function reading(
  node: NodeKernel,
  call: Call,
  path: string,
  operands: ReadonlyMap<string, string>,
): Promise<Answer> {
  const found = findDevice(node, path);
  if (found === undefined) {
    return { err: `dd: failed to open '${path}': No such file or directory\n`, exit: 1 };
  }
  const block = size(operands.get('ibs') ?? operands.get('bs') ?? '512');
  const count = operands.get('count');
  const offset = size(operands.get('skip') ?? '0') * block;
  const length = count === undefined ? LONGEST_READ : Math.min(LONGEST_READ, size(count) * block);
  const result = await node.host.submit(found.device, { kind: 'read', offset, length });
  if (!result.ok) return { err: `dd: error reading '${path}': Input/output error\n`, exit: 1 };
  writeFileSync(call.data, result.data ?? Buffer.alloc(0));
  const rest = call.args.filter((word) => !/^(if|skip|iflag)=/.test(word));
  return { sh: `${REAL} if="$c.data" ${rest.map(quoted).join(' ')}` };
}

function split(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}

/** Conversions that concern the output device are not the file's. */
function keptConversions(list: string): string {
  return list
    .split(',')
    .filter((each) => !['nocreat', 'excl', 'fsync', 'fdatasync', 'notrunc'].includes(each))
    .join(',');
}

function size(text: string): number {
  const match = /^(\d+)([a-zA-Z]*)$/.exec(text);
  const units: Record<string, number> = {
    '': 1,
    c: 1,
    w: 2,
    b: 512,
    k: 1024,
    K: 1024,
    M: 1024 ** 2,
    G: 1024 ** 3,
    kB: 1000,
    MB: 1000 ** 2,
    KiB: 1024,
    MiB: 1024 ** 2,
  };
  return Number(match?.[1] ?? 0) * (units[match?.[2] ?? ''] ?? 1);
}
