import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { quoted, type Answer, type Call } from '../calls.ts';
import { findDevice, type NodeKernel } from '../kernel.ts';
import { BLOCK_MAJOR } from '../sysfs.ts';

const REAL = '/usr/bin/stat';

/**
 * `stat`: what stands under the made-up /dev answers as the block device that it stands for, also through
 * the links in /proc/PID/fd; everything else goes to the machine's stat.
 */
export function stat(node: NodeKernel, root: string, call: Call): Answer {
  const options: string[] = [];
  const paths: string[] = [];
  let format: string | undefined;
  let follow = false;
  const words = [...call.args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      paths.push(...words);
      break;
    } else if (word === '-c' || word === '--format') format = words.shift();
    else if (word.startsWith('--format=')) format = word.slice('--format='.length);
    else if (word === '-L' || word === '--dereference') follow = true;
    else if (word.startsWith('-') && word !== '-') options.push(word);
    else paths.push(word);
  }
  if (format === undefined) return { sh: `${REAL} "$@"` };
  const common = [...options, ...(follow ? ['-L'] : []), '-c', format].map(quoted).join(' ');
  const lines = paths.map((path) => {
    const minor = minorOf(node, root, path, follow);
    if (minor === undefined) return `${REAL} ${common} -- ${quoted(path)} || bad=1`;
    return `printf '%s\\n' ${quoted(formatted(format, path, minor))}`;
  });
  return { sh: ['bad=0', ...lines, '(exit $bad)'].join('\n') };
}

function minorOf(node: NodeKernel, root: string, path: string, follow: boolean): number | undefined {
  const dev = join(root, 'dev/');
  const absolute = path.startsWith('/') ? path : join(root, path);
  if (absolute.startsWith(dev)) return findDevice(node, absolute.slice(dev.length))?.device.minor;
  if (!follow || !absolute.startsWith(join(root, 'proc/'))) return undefined;
  try {
    const to = readlinkSync(absolute);
    return to.startsWith('/dev/nvme') ? findDevice(node, to)?.device.minor : undefined;
  } catch {
    return undefined;
  }
}

function formatted(format: string, path: string, minor: number): string {
  const known: Record<string, string> = {
    t: BLOCK_MAJOR.toString(16),
    T: minor.toString(16),
    F: 'block special file',
    n: path,
    a: '660',
    A: 'brw-rw----',
    s: '0',
    u: '0',
    U: 'root',
    g: '6',
    G: 'disk',
    f: '61b0',
    Hr: String(BLOCK_MAJOR),
    Lr: String(minor),
    '%': '%',
  };
  return format.replace(/%(Hr|Lr|[a-zA-Z%])/g, (all, letter: string) => known[letter] ?? all);
}
