import type { Answer, Call } from '../calls.ts';
import type { NodeKernel } from '../kernel.ts';

/** `modprobe`: `-n` only tries, `-q` says nothing. */
export function modprobe(node: NodeKernel, { args }: Call): Answer {
  const dry = args.some((word) => /^-[a-z]*n/.test(word) || word === '--dry-run');
  const quiet = args.some((word) => /^-[a-z]*q/.test(word) || word === '--quiet');
  for (const name of args.filter((word) => !word.startsWith('-'))) {
    const plain = name.replaceAll('_', '-');
    const known = plain === 'nvme-tcp' || plain === 'nvme-fabrics';
    const there = known && (plain !== 'nvme-tcp' || node.modules.tcpExists);
    if (there && (dry || node.loadModule(plain))) continue;
    const err = `modprobe: FATAL: Module ${name} not found in directory /lib/modules/${node.release}\n`;
    return { ...(quiet ? {} : { err }), exit: 1 };
  }
  return { exit: 0 };
}

export function dmesg(node: NodeKernel): Answer {
  return { out: node.log.text, exit: 0 };
}

/** `uname`: the machine's own, but the kernel's release and the host name are the node's. */
export function uname(node: NodeKernel, { args }: Call): Answer {
  const parts: Record<string, string> = {
    s: 'Linux',
    n: node.host.node,
    r: node.release,
    v: '#1 SMP PREEMPT_DYNAMIC Debian',
    m: 'x86_64',
    o: 'GNU/Linux',
  };
  const letters = args.join('').replaceAll('-', '');
  const wanted = letters === '' ? 's' : letters.includes('a') ? 'snrvmo' : letters;
  return {
    out: `${wanted
      .split('')
      .map((letter) => parts[letter] ?? '')
      .join(' ')}\n`,
    exit: 0,
  };
}
