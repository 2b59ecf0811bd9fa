import { describe, expect, it } from 'vitest';

import { readView } from '../../../src/node/report.ts';
import { OBSERVE } from '../../../src/node/scripts/observe.ts';
import type { Use } from '../../../src/operations/ports/node.ts';
import { NodeTree, oneLive, SHELLS } from './node-tree.ts';

const NQN = 'nqn.2000-02.com.mikrotik:f1';
const mount = (numbers: string, where: string) =>
  `36 35 ${numbers} / ${where} rw,relatime shared:1 - ext4 /dev/x rw\n`;

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))(
  'what uses a volume, in %s',
  (name, shell) => {
    const uses = (tree: NodeTree): readonly Use[] => {
      const { json, stderr } = tree.run(shell, OBSERVE, [NQN]);
      expect(stderr).toBe('');
      return readView(json, 'node-1').subsystems[0]?.uses ?? [];
    };
    const tree = (device: Parameters<typeof oneLive>[1] = {}) => new NodeTree([oneLive(NQN, device)]);

    it('nothing: the device is opened exclusively once, and not written to', () => {
      const node = tree();
      expect(uses(node)).toEqual([]);
      expect(node.calls().filter((call) => call.startsWith('wipefs'))).toEqual([
        `wipefs --all --no-act ${node.root}/dev/nvme0n1`,
      ]);
    });

    it('is not asked for, and nothing is opened, unless it is wanted', () => {
      const node = tree();
      node.write('proc/1/mountinfo', mount('259:1', '/srv'));
      const { json } = node.run(shell, OBSERVE, []);
      expect(readView(json, 'node-1').subsystems[0]?.uses).toEqual([]);
      expect(node.calls().some((call) => call.startsWith('wipefs'))).toBe(false);
    });

    it('a mount, told once however many processes see it', () => {
      const node = tree();
      for (const pid of [1, 77, 4711])
        node.write(`proc/${pid}/mountinfo`, mount('8:1', '/') + mount('259:1', '/srv/data'));
      expect(uses(node)).toEqual([{ kind: 'mount', what: '/srv/data' }]);
    });

    it('a mount that only another mount namespace sees', () => {
      const node = tree();
      node.write('proc/1/mountinfo', mount('8:1', '/'));
      node.write('proc/4711/mountinfo', mount('8:1', '/') + mount('259:1', '/container/data'));
      expect(uses(node)).toEqual([{ kind: 'mount', what: '/container/data' }]);
    });

    it('mount points with blanks, quotes, backslashes and more', () => {
      const node = tree();
      node.write(
        'proc/1/mountinfo',
        mount('259:1', '/srv/two\\040words') +
          mount('259:1', '/srv/a\\134b\\011c\\012d') +
          mount('259:1', '/srv/q"uo\'te$x') +
          mount('259:1', Buffer.from('/srv/gr\u00fcn').toString('latin1')),
      );
      expect(uses(node).map(({ what }) => what)).toEqual([
        '/srv/two words',
        '/srv/a\\b\tc\nd',
        '/srv/q"uo\'te$x',
        '/srv/gr\u00fcn',
      ]);
    });

    it('numbers are compared whole', () => {
      const node = tree();
      node.write(
        'proc/1/mountinfo',
        mount('259:10', '/a') + mount('25:91', '/b') + mount('1259:1', '/c') + mount('259:01', '/d'),
      );
      expect(uses(node)).toEqual([]);
    });

    it('a mounted partition', () => {
      const node = tree({
        partitions: [
          { name: 'nvme0n1p1', numbers: '259:2' },
          { name: 'nvme0n1p2', numbers: '259:3' },
        ],
      });
      node.write('proc/1/mountinfo', mount('259:3', '/srv'));
      expect(uses(node)).toEqual([{ kind: 'mount', what: '/srv' }]);
    });

    it('swap, on the device and on a partition, and not a swap file', () => {
      const node = tree({ partitions: [{ name: 'nvme0n1p1', numbers: '259:2' }] });
      node.write('swapfile', 'x');
      node.write(
        'proc/swaps',
        'Filename Type Size Used Priority\n/dev/nvme0n1 partition 1 0 -2\n/swapfile file 1 0 -3\n/dev/nvme0n1p1 partition 1 0 -4\n',
      );
      expect(uses(node)).toEqual([
        { kind: 'swap', what: '/dev/nvme0n1' },
        { kind: 'swap', what: '/dev/nvme0n1p1' },
      ]);
    });

    it('holders: device mapper by its own name, MD, on partitions too', () => {
      const node = tree({
        holders: { 'dm-0': 'vg0-data', md0: null },
        partitions: [{ name: 'nvme0n1p1', numbers: '259:2' }],
      });
      node.write(
        'sys/class/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1/holders/dm-1/dm/name',
        'luks "x"\n',
      );
      expect(uses(node)).toEqual([
        { kind: 'holder', what: 'dm-0 (vg0-data)' },
        { kind: 'holder', what: 'md0' },
        { kind: 'holder', what: 'dm-1 (luks "x")' },
      ]);
    });

    it('a loop device on it, which an exclusive open does not see', () => {
      const node = tree();
      node.write('sys/block/loop3/loop/backing_file', '/dev/nvme0n1\n');
      node.write('sys/block/loop4/loop/backing_file', '/swapfile (deleted)\n');
      node.write('sys/block/loop5/size', '0\n');
      expect(uses(node)).toEqual([{ kind: 'loop', what: '/dev/loop3' }]);
    });

    // The stand-in for stat can't be put before busybox's own, which its find runs: the lab does it for real.
    const processes = name.startsWith('busybox') ? [] : ['a process'];
    it.each(processes)('%s that has it open, told once, by name', () => {
      const node = tree({ partitions: [{ name: 'nvme0n1p1', numbers: '259:2' }] });
      node.link('proc/77/fd/3', 'dev/nvme0n1');
      node.link('proc/77/fd/4', 'dev/nvme0n1');
      node.write('proc/77/comm', 'dd "if"\n');
      node.link('proc/78/fd/0', 'dev/nvme0n1p1');
      node.write('etc/passwd', 'root');
      node.link('proc/79/fd/0', 'etc/passwd');
      node.link('proc/80/fd/0', 'nowhere');
      expect(uses(node)).toEqual([
        { kind: 'process', what: 'dd "if" (pid 77)' },
        { kind: 'process', what: '? (pid 78)' },
      ]);
    });

    it('the kernel, when an exclusive open says so', () => {
      const node = tree();
      node.program(
        'wipefs',
        'echo "wipefs: error: $3: probing initialization failed: Device or resource busy" >&2; exit 1',
      );
      expect(uses(node)).toEqual([{ kind: 'exclusive', what: '/dev/nvme0n1' }]);
    });

    it.each([
      [
        'fails otherwise',
        'echo "wipefs: error: probing initialization failed: Input/output error" >&2; exit 1',
        1,
      ],
      ['is not there', 'exit 127', 127],
      ['was killed', 'exit 124', 124],
    ])('is not known when the exclusive open %s: that is not "unused"', (_what, body, code) => {
      const node = tree();
      node.program('wipefs', body);
      const [use] = uses(node);
      expect(use?.kind).toBe('unknown');
      expect(use?.what).toContain(`exit ${code}`);
    });

    it.each(['connecting', 'resetting', 'deleting'])(
      'is told without opening a device that is "%s"',
      (state) => {
        const node = new NodeTree([
          {
            name: 'nvme-subsys0',
            nqn: NQN,
            controllers: [{ name: 'nvme0', state }],
            devices: [{ name: 'nvme0n1', numbers: '259:1' }],
          },
        ]);
        node.write('proc/1/mountinfo', mount('259:1', '/srv'));
        expect(uses(node)).toEqual([{ kind: 'mount', what: '/srv' }]);
        expect(node.calls().some((call) => call.startsWith('wipefs'))).toBe(false);
      },
    );

    it('of every device of the volume', () => {
      const node = new NodeTree([
        {
          name: 'nvme-subsys0',
          nqn: NQN,
          controllers: [
            { name: 'nvme0', devices: [{ name: 'nvme0n1', numbers: '259:1' }] },
            { name: 'nvme1', devices: [{ name: 'nvme1n1', numbers: '259:4' }] },
          ],
        },
      ]);
      node.write('proc/1/mountinfo', mount('259:4', '/srv'));
      expect(uses(node)).toEqual([{ kind: 'mount', what: '/srv' }]);
      expect(node.calls().filter((call) => call.startsWith('wipefs'))).toHaveLength(2);
    });
  },
);
