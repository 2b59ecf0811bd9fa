import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { readView } from '../../../src/node/report.ts';
import { OBSERVE } from '../../../src/node/scripts/observe.ts';
import type { NodeView } from '../../../src/operations/ports/node.ts';
import { at, NodeTree, oneLive, SHELLS, type ControllerSpec, type SubsystemSpec } from './node-tree.ts';

const NQN = 'nqn.2000-02.com.mikrotik:f1';
const CAPTURES = join(import.meta.dirname, '../../../../shared/lab/captures');

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('OBSERVE in %s', (_name, shell) => {
  const observe = (tree: NodeTree, ...usesOf: string[]): NodeView => {
    const { json, stderr, exitCode } = tree.run(shell, OBSERVE, usesOf);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    return readView(json, 'node-1');
  };

  it('tells of a node that holds nothing', () => {
    const view = observe(new NodeTree());
    expect(view).toMatchObject({
      bootId: '0e7ae1a5-2f2c-4f8e-9d52-3b1c5f0b6a77',
      nvmeCli: '2.13',
      nvmeTcp: true,
      hostNqnFile: 'nqn.2014-08.com.example:host',
      hostIdFile: '00000000-0000-4000-8000-000000000001',
      subsystems: [],
    });
    expect(Math.abs(view.clock - Date.now())).toBeLessThan(60_000);
    expect(view.kernel).not.toBe('');
  });

  it('tells what is missing: identity, module', () => {
    const tree = new NodeTree();
    tree.remove('etc/nvme/hostid');
    tree.write('etc/nvme/hostnqn', '');
    tree.remove('sys/module/nvme_tcp');
    expect(observe(tree)).toMatchObject({ hostNqnFile: null, hostIdFile: null, nvmeTcp: false });
    expect(tree.calls()).toContain('modprobe -n -q nvme-tcp');
    tree.program('modprobe', 'exit 0');
    expect(observe(tree).nvmeTcp).toBe(true);
  });

  it('tells that nvme-cli is missing', () => {
    const none = 'command() { case $2 in nvme) return 1 ;; esac; return 0; }';
    const { json } = new NodeTree().run(shell, OBSERVE, [], none);
    expect(readView(json, 'node-1').nvmeCli).toBeNull();
  });

  it('a live volume: controller, address, device with its exact size', () => {
    const tree = new NodeTree([oneLive(NQN, { sectors: 2_147_483_648 })]);
    expect(observe(tree).subsystems).toEqual([
      {
        nqn: NQN,
        controllers: [{ name: 'nvme0', state: 'live', address: '10.77.0.1', port: 4420 }],
        devices: [{ path: '/dev/nvme0n1', sizeBytes: 1_099_511_627_776, usable: true }],
        uses: [],
      },
    ]);
  });

  it.each([
    ['is missing', null],
    ['is another device', '103:2'],
    ['is a plain file', '0:0'],
  ])('a device whose node %s is not usable', (_what, node) => {
    const [subsystem] = observe(new NodeTree([oneLive(NQN, { node })])).subsystems;
    expect(subsystem?.devices).toMatchObject([{ path: '/dev/nvme0n1', usable: false }]);
  });

  it.each(['connecting', 'resetting', 'deleting (no IO)'])(
    'the state "%s" as the kernel says it',
    (state) => {
      const tree = new NodeTree([
        {
          name: 'nvme-subsys0',
          nqn: NQN,
          controllers: [{ name: 'nvme0', state, address: 'traddr=10.77.0.1,trsvcid=4420' }],
        },
      ]);
      expect(observe(tree).subsystems[0]?.controllers).toEqual([
        { name: 'nvme0', state, address: '10.77.0.1', port: 4420 },
      ]);
    },
  );

  it('devices under their controllers, with multipath off', () => {
    const tree = new NodeTree([
      { name: 'nvme-subsys0', nqn: NQN, controllers: [{ name: 'nvme3', devices: [{ name: 'nvme3n2' }] }] },
    ]);
    expect(observe(tree).subsystems[0]?.devices).toMatchObject([{ path: '/dev/nvme3n2', usable: true }]);
  });

  it('two controllers at two ports, and one device', () => {
    const tree = new NodeTree([
      {
        name: 'nvme-subsys0',
        nqn: NQN,
        controllers: [
          { name: 'nvme0', devices: [{ name: 'nvme0c0n1' }] },
          {
            name: 'nvme10',
            address: at('fd00::1', 4430),
            state: 'connecting',
            devices: [{ name: 'nvme0c10n1' }],
          },
        ],
        devices: [{ name: 'nvme0n1' }],
      },
    ]);
    const [subsystem] = observe(tree).subsystems;
    expect(subsystem?.controllers).toEqual([
      { name: 'nvme0', state: 'live', address: '10.77.0.1', port: 4420 },
      { name: 'nvme10', state: 'connecting', address: 'fd00::1', port: 4430 },
    ]);
    expect(subsystem?.devices.map(({ path }) => path)).toEqual(['/dev/nvme0n1']);
  });

  it("leaves the node's own disks out of it", () => {
    const pcie: SubsystemSpec = {
      name: 'nvme-subsys0',
      nqn: 'nqn.2014.08.org.nvmexpress:144d144dS4EW',
      controllers: [{ name: 'nvme0', transport: 'pcie', address: '0000:01:00.0' }],
      devices: [{ name: 'nvme0n1' }],
    };
    const tree = new NodeTree([pcie, { ...oneLive(NQN), name: 'nvme-subsys1' }]);
    expect(observe(tree, NQN).subsystems.map(({ nqn }) => nqn)).toEqual([NQN]);
    expect(tree.calls().filter((call) => call.startsWith('wipefs'))).toEqual([
      `wipefs --all --no-act ${tree.root}/dev/nvme0n1`,
    ]);
  });

  it('the ghost of a volume that was mounted when its controller went: only when it is asked for', () => {
    const tree = new NodeTree([{ name: 'nvme-subsys0', nqn: NQN }]);
    expect(observe(tree).subsystems).toEqual([]);
    expect(observe(tree, `${NQN}x`).subsystems).toEqual([]);
    expect(observe(tree, NQN).subsystems).toEqual([{ nqn: NQN, controllers: [], devices: [], uses: [] }]);
  });

  describe('a file system on a device that is gone', () => {
    const mountOf = (source: string, where: string, numbers = '259:1'): string =>
      `36 35 ${numbers} / ${where} rw,relatime shared:1 - ext4 ${source} rw\n`;
    const ours: SubsystemSpec = {
      name: 'nvme-subsys0',
      nqn: NQN,
      controllers: [{ name: 'nvme1' }],
      devices: [{ name: 'nvme0n2', numbers: '259:3' }],
    };
    const dead = (tree: NodeTree, ...usesOf: string[]) =>
      observe(tree, ...usesOf).subsystems.map(({ nqn, deadMounts }) => ({ nqn, deadMounts }));

    it('is told with the volume, which has another device now, asked for or not', () => {
      const tree = new NodeTree([ours]);
      tree.write(
        'proc/1/mountinfo',
        mountOf('/dev/sda1', '/', '8:1') + mountOf('/dev/nvme0n1', '/srv/a\\040b'),
      );
      tree.write(
        'proc/77/mountinfo',
        mountOf('/dev/nvme0n1p2', '/srv/c') + mountOf('/dev/nvme0n1', '/srv/a\\040b'),
      );
      const told = [
        { device: '/dev/nvme0n1', mount: '/srv/a b' },
        { device: '/dev/nvme0n1p2', mount: '/srv/c' },
      ];
      expect(dead(tree)).toEqual([{ nqn: NQN, deadMounts: told }]);
      expect(dead(tree, NQN)).toEqual([{ nqn: NQN, deadMounts: told }]);
    });

    it('is told where the volume has neither controller nor device', () => {
      const tree = new NodeTree([{ name: 'nvme-subsys0', nqn: NQN }]);
      tree.write('proc/1/mountinfo', mountOf('/dev/nvme0n1', '/srv/data'));
      expect(dead(tree)).toEqual([
        { nqn: NQN, deadMounts: [{ device: '/dev/nvme0n1', mount: '/srv/data' }] },
      ]);
    });

    it('is not one on a device that is there, a partition of it, or one with numbers of its own', () => {
      const tree = new NodeTree([ours]);
      tree.write(
        'proc/1/mountinfo',
        mountOf('/dev/nvme0n2', '/srv/data', '259:3') +
          mountOf('/dev/nvme0n2p1', '/srv/part', '259:4') +
          mountOf('/dev/nvme0n2', '/srv/btrfs', '0:45'),
      );
      expect(dead(tree)).toEqual([{ nqn: NQN, deadMounts: undefined }]);
    });

    it("is told of its own volume alone, and never of one of the node's own disks", () => {
      const ten = { ...ours, name: 'nvme-subsys10', nqn: `${NQN}0`, devices: [{ name: 'nvme10n1' }] };
      const pcie: SubsystemSpec = {
        name: 'nvme-subsys2',
        nqn: 'nqn.2014.08.org.nvmexpress:144d144dS4EW',
        controllers: [{ name: 'nvme2', transport: 'pcie', address: '0000:01:00.0' }],
      };
      const tree = new NodeTree([ours, ten, pcie]);
      tree.write(
        'proc/1/mountinfo',
        mountOf('/dev/nvme10n2', '/srv/ten') +
          mountOf('/dev/nvme2n1', '/srv/own') +
          mountOf('/dev/nvme1n1', '/x'),
      );
      expect(dead(tree)).toEqual([
        { nqn: NQN, deadMounts: undefined },
        { nqn: `${NQN}0`, deadMounts: [{ device: '/dev/nvme10n2', mount: '/srv/ten' }] },
      ]);
    });

    it('is found in every mount namespace, each of which is read once', () => {
      const tree = new NodeTree([ours]);
      for (const pid of [1, 2, 77]) tree.write(`proc/${pid}/mountinfo`, mountOf('/dev/sda1', '/', '8:1'));
      tree.write('proc/1/ns/mnt', '');
      tree.link('proc/2/ns/mnt', 'proc/1/ns/mnt');
      tree.write('proc/77/ns/mnt', '');
      // Not what another process of the namespace would ever show: it tells which one was read.
      tree.write('proc/2/mountinfo', mountOf('/dev/nvme0n1', '/never/read'));
      tree.write('proc/77/mountinfo', mountOf('/dev/nvme0n1', '/in/a/container'));
      expect(dead(tree)).toEqual([
        { nqn: NQN, deadMounts: [{ device: '/dev/nvme0n1', mount: '/in/a/container' }] },
      ]);
    });
  });

  it('compares NQNs whole: one that begins like another has its own uses', () => {
    const tree = new NodeTree([
      oneLive(NQN),
      {
        name: 'nvme-subsys1',
        nqn: `${NQN}0`,
        controllers: [{ name: 'nvme1' }],
        devices: [{ name: 'nvme1n1', numbers: '259:9' }],
      },
    ]);
    tree.write('proc/1/mountinfo', '36 35 259:9 / /srv/ten rw - ext4 /dev/nvme1n1 rw\n');
    expect(observe(tree, NQN).subsystems.map(({ uses }) => uses)).toEqual([[], []]);
    expect(observe(tree, `${NQN}0`).subsystems.map(({ uses }) => uses)).toEqual([
      [],
      [{ kind: 'mount', what: '/srv/ten' }],
    ]);
  });

  it('stays JSON with quotes, backslashes and control characters in what the node tells', () => {
    const tree = new NodeTree([oneLive(NQN)]);
    tree.write('etc/nvme/hostnqn', 'a"b\\c\td\u0001e\u007ff\n');
    tree.write('sys/class/nvme-subsystem/nvme-subsys0/nvme0/state', '"live\\"\n');
    tree.write('sys/class/nvme-subsystem/nvme-subsys0/nvme0/address', 'traddr="\\$(id)`,trsvcid=4420\n');
    tree.write('proc/sys/kernel/random/boot_id', Buffer.from('gr\u00fcn').toString('latin1'));
    const view = observe(tree);
    expect(view.hostNqnFile).toBe('a"b\\c d e f');
    expect(view.bootId).toBe('gr\u00fcn');
    expect(view.subsystems[0]?.controllers).toMatchObject([{ state: '"live\\"', address: '"\\$(id)`' }]);
  });

  it('is not whole when the shell has no place for its notes', () => {
    const tree = new NodeTree();
    tree.program('mktemp', 'exit 1');
    expect(tree.run(shell, OBSERVE, ['nqn.2000-02.com.mikrotik:vol-1'])).toMatchObject({
      exitCode: 3,
      json: '',
    });
  });

  it('leaves nothing behind', () => {
    const tree = new NodeTree([oneLive(NQN)]);
    const before = readdirSync(tree.root)
      .filter((name) => name !== 'calls')
      .sort();
    observe(tree, NQN);
    expect(
      readdirSync(tree.root)
        .filter((name) => name !== 'calls')
        .sort(),
    ).toEqual(before);
  });

  const captured = existsSync(CAPTURES) ? readdirSync(CAPTURES).flatMap(capturesIn) : [];
  it('has captures of real kernels to be held against', () => {
    expect(captured.length, `in ${CAPTURES}`).toBeGreaterThan(0);
  });

  it.each(captured)('what real kernels showed: %s', (_name, file) => {
    const subsystems = treeOf(readFileSync(file, 'latin1'));
    const seen = observe(new NodeTree(subsystems)).subsystems;
    expect(seen.map(({ nqn }) => nqn)).toEqual(subsystems.map(({ nqn }) => nqn));
    for (const [index, { controllers = [], devices = [] }] of subsystems.entries()) {
      expect(seen[index]?.controllers.map(({ name, state }) => `${name} ${state}`)).toEqual(
        controllers.map(({ name, state }) => `${name} ${state ?? ''}`),
      );
      const visible = [...devices, ...controllers.flatMap((controller) => controller.devices ?? [])]
        .map(({ name }) => `/dev/${name}`)
        .filter((path) => !/c\d+n/.test(path));
      expect(seen[index]?.devices.map(({ path }) => path)).toEqual(visible);
    }
  });
});

function capturesIn(lab: string): [string, string][] {
  const directory = join(CAPTURES, lab, 'json');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /^sysfs-.*\.txt$/.test(name))
    .map((name) => [`${lab} ${name}`, join(directory, name)]);
}

/**
 * A capture: a line per subsystem with what is in its directory, a line per controller below it, then /dev
 * and /sys/block.
 */
function treeOf(capture: string): SubsystemSpec[] {
  const lines = capture.split('\n');
  const block = lines.filter((line) => /^nvme\d+(?:c\d+)?n\d+$/.test(line));
  return lines.flatMap((line) => {
    const head = /^(nvme-subsys\d+) (\S+): ?(.*)$/.exec(line);
    if (head === null) return [];
    const [, name = '', nqn = '', inside = ''] = head;
    const entries = inside.split(' ');
    const controllers = entries
      .filter((entry) => /^nvme\d+$/.test(entry))
      .map((controller): ControllerSpec => {
        const told = lines.find((other) => other.startsWith(`  ${controller} `)) ?? '';
        const address = told.split(' ').at(-1) ?? '';
        const number = controller.slice('nvme'.length);
        return {
          name: controller,
          address,
          state: told.slice(`  ${controller} `.length, -address.length - 1),
          devices: block
            .filter(
              (device) =>
                new RegExp(`^nvme\\d+c${number}n`).test(device) ||
                (device.startsWith(`${controller}n`) &&
                  !entries.includes(device) &&
                  !block.some((other) => /c\d+n/.test(other))),
            )
            .map((device) => ({ name: device })),
        };
      });
    return [
      {
        name,
        nqn,
        controllers,
        devices: entries.filter((entry) => /^nvme\d+n\d+$/.test(entry)).map((device) => ({ name: device })),
      },
    ];
  });
}
