import { describe, expect, it } from 'vitest';

import { readDisconnects } from '../../../src/node/report.ts';
import { DISCONNECT } from '../../../src/node/scripts/disconnect.ts';
import { at, NodeTree, oneLive, SHELLS, type SubsystemSpec } from './node-tree.ts';

const NQN = 'nqn.2000-02.com.mikrotik:f1';
const SUBSYSTEM = 'sys/class/nvme-subsystem/nvme-subsys0';
/** nvme-cli ends a controller, and the kernel the subsystem with its last. */
const DISCONNECTS = `
for last; do :; done
n=\${last#--device=}
s=$RDSCTL_ROOT/${SUBSYSTEM}
rm -r "$s/$n"
ls -d "$s"/nvme[0-9] >/dev/null 2>&1 || rm -r "$s"
echo "disconnected"`;
/** The kernel ends what stands in delete_controller, while the script waits. */
const KERNEL = `
for f in "$RDSCTL_ROOT"/sys/class/nvme-subsystem/*/nvme*/delete_controller; do
  if [ -s "$f" ]; then rm -r "\${f%/*}"; fi
done`;
const subsystem = (...states: string[]): SubsystemSpec => ({
  name: 'nvme-subsys0',
  nqn: NQN,
  controllers: states.map((state, index) => ({ name: `nvme${index}`, state })),
  devices: [{ name: 'nvme0n1', numbers: '259:1' }],
});

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))(
  'DISCONNECT in %s',
  (_name, shell) => {
    const disconnect = (
      tree: NodeTree,
      { wait = '20', cutOff = '0', address = '10.77.0.1', nqn = NQN } = {},
    ) => {
      const [result] = several(tree, { wait, cutOff }, [nqn, address]);
      return result ?? expect.fail();
    };
    const several = (
      tree: NodeTree,
      { wait = '20', cutOff = '1' },
      ...places: (readonly [nqn: string, address: string])[]
    ) => {
      const { json, stderr, exitCode } = tree.run(shell, DISCONNECT, [wait, cutOff, ...places.flat()]);
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
      return readDisconnects(json, 'node-1', places.length);
    };
    const setup = (...subsystems: SubsystemSpec[]) => {
      const tree = new NodeTree(subsystems);
      tree.program('nvme', DISCONNECTS);
      tree.program('sleep', KERNEL);
      return tree;
    };
    const nvme = (tree: NodeTree) => tree.calls().filter((call) => call.startsWith('nvme '));
    const opened = (tree: NodeTree) => tree.calls().some((call) => call.startsWith('wipefs'));

    it('a live controller: tested for use, ended by its own name, seen gone', () => {
      const tree = setup(oneLive(NQN));
      expect(disconnect(tree)).toMatchObject({ uses: [], controllers: [] });
      expect(tree.calls().map((call) => call.split(' ').slice(0, 2).join(' '))).toEqual([
        'wipefs --all',
        'nvme disconnect',
      ]);
      expect(nvme(tree)).toEqual(['nvme disconnect --device=nvme0']);
    });

    it('nothing there: nothing is done, and that is said', () => {
      const tree = setup({ ...oneLive(`${NQN}0`) });
      expect(disconnect(tree)).toEqual({ uses: [], controllers: [], words: '' });
      expect(tree.calls()).toEqual([]);
    });

    it('in use: nothing is touched', () => {
      const tree = setup(subsystem('live', 'connecting'));
      tree.write('proc/9/mountinfo', '36 35 259:1 / /srv/x rw - ext4 /dev/nvme0n1 rw\n');
      const { uses, controllers } = disconnect(tree);
      expect(uses).toEqual([{ kind: 'mount', what: '/srv/x' }]);
      expect(controllers.map(({ name }) => name)).toEqual(['nvme0', 'nvme1']);
      expect(nvme(tree)).toEqual([]);
      expect(tree.read(`${SUBSYSTEM}/nvme1/delete_controller`)).toBe('');
    });

    it('perhaps in use: nothing is touched either', () => {
      const tree = setup(oneLive(NQN));
      tree.program('wipefs', 'exit 124');
      expect(disconnect(tree).uses).toMatchObject([{ kind: 'unknown' }]);
      expect(nvme(tree)).toEqual([]);
    });

    it.each(['connecting', 'resetting'])(
      'a controller that is %s is ended through sysfs, opening nothing',
      (state) => {
        const tree = setup(subsystem(state));
        expect(disconnect(tree).controllers).toEqual([]);
        expect(nvme(tree)).toEqual([]);
        expect(opened(tree)).toBe(false);
      },
    );

    it('one that is being deleted is only waited for', () => {
      const tree = setup(subsystem('deleting (no IO)'));
      expect(disconnect(tree, { wait: '0' }).controllers).toMatchObject([{ state: 'deleting (no IO)' }]);
      expect(tree.read(`${SUBSYSTEM}/nvme0/delete_controller`)).toBe('');
    });

    it('a live one beside a dead one: each in its way', () => {
      const tree = setup(subsystem('live', 'connecting'));
      expect(disconnect(tree).controllers).toEqual([]);
      expect(nvme(tree)).toEqual(['nvme disconnect --device=nvme0']);
    });

    it('goes to sysfs when nvme-cli fails', () => {
      const tree = setup(oneLive(NQN));
      tree.program('nvme', 'echo stuck; exit 1');
      expect(disconnect(tree)).toMatchObject({ controllers: [], words: 'stuck' });
    });

    it('says success only from sysfs: nvme-cli may say what it likes', () => {
      const tree = setup(oneLive(NQN));
      tree.program('nvme', `echo 'NQN:${NQN} disconnected 1 controller(s)'`);
      const { controllers, words } = disconnect(tree, { wait: '0' });
      expect(controllers).toMatchObject([{ name: 'nvme0', state: 'live' }]);
      expect(words).toContain('disconnected 1 controller(s)');
    });

    it('cut off: dropped through sysfs although it says live and is mounted', () => {
      const tree = setup(oneLive(NQN));
      tree.write('proc/9/mountinfo', '36 35 259:1 / /srv/x rw - ext4 /dev/nvme0n1 rw\n');
      expect(disconnect(tree, { cutOff: '1' })).toMatchObject({ uses: [], controllers: [] });
      expect(nvme(tree)).toEqual([]);
      expect(opened(tree)).toBe(false);
    });

    it('several that are cut off: all are told to go before one is waited for, each has its own answer', () => {
      const named = (number: number, state: string): SubsystemSpec => ({
        name: `nvme-subsys${number}`,
        nqn: `${NQN}-${number}`,
        controllers: [{ name: `nvme${number}`, state }],
      });
      const tree = setup(named(0, 'live'), named(1, 'connecting'), named(2, 'live'), named(3, 'live'));
      // The second one stays; the kernel ends the others once all of them were told to go.
      tree.program(
        'sleep',
        `cd "$RDSCTL_ROOT/sys/class/nvme-subsystem"
for n in 0 1 2; do if [ -d nvme-subsys$n ] && [ ! -s nvme-subsys$n/nvme$n/delete_controller ]; then exit; fi; done
rm -r nvme-subsys0 nvme-subsys2 2>/dev/null`,
      );
      const place = (number: number) => [`${NQN}-${number}`, '10.77.0.1'] as const;
      const results = several(tree, { wait: '1' }, place(0), place(1), place(7), place(2));
      expect(results.map(({ controllers }) => controllers.map(({ name }) => name))).toEqual([
        [],
        ['nvme1'],
        [],
        [],
      ]);
      expect(tree.read('sys/class/nvme-subsystem/nvme-subsys3/nvme3/delete_controller')).toBe('');
      expect(nvme(tree)).toEqual([]);
    });

    it.each([
      ['another address', '10.77.0.2'],
      ['an address that begins alike', '10.77.0.10'],
      ['an address that ends alike', '110.77.0.1'],
    ])('leaves a controller at %s alone, and says that it is there', (_what, address) => {
      const tree = setup({
        name: 'nvme-subsys0',
        nqn: NQN,
        controllers: [{ name: 'nvme0', address: at(address) }],
      });
      for (const cutOff of ['0', '1']) {
        expect(disconnect(tree, { cutOff }).controllers).toMatchObject([{ name: 'nvme0', address }]);
      }
      expect(nvme(tree)).toEqual([]);
      expect(tree.read(`${SUBSYSTEM}/nvme0/delete_controller`)).toBe('');
    });

    it("leaves the node's own disks alone, whatever they are called", () => {
      const tree = setup({
        name: 'nvme-subsys0',
        nqn: NQN,
        controllers: [{ name: 'nvme0', transport: 'pcie' }],
        devices: [{ name: 'nvme0n1' }],
      });
      for (const cutOff of ['0', '1']) disconnect(tree, { cutOff });
      expect(tree.calls()).toEqual([]);
      expect(tree.read(`${SUBSYSTEM}/nvme0/delete_controller`)).toBe('');
    });

    it('does not wait longer than it was told for one that does not go', () => {
      const tree = setup(subsystem('connecting'));
      tree.program('sleep', ':');
      expect(disconnect(tree, { wait: '0' }).controllers).toMatchObject([{ state: 'connecting' }]);
    });
  },
);
