import { describe, expect, it } from 'vitest';

import { readConnects } from '../../../src/node/report.ts';
import { CONNECT } from '../../../src/node/scripts/connect.ts';
import { at, NodeTree, oneLive, SHELLS } from './node-tree.ts';

const NQN = 'nqn.2000-02.com.mikrotik:f1';
const HOST = 'nqn.2014-08.org.nvmexpress:uuid:6b1d4a3e-5c5e-4d9e-8f43-0a5b3c7d9e11';
const ID = '6b1d4a3e-5c5e-4d9e-8f43-0a5b3c7d9e11';

/** What the kernel makes of a connect, as lines of sh. */
const controller = (state = 'live') => `
s=$RDSCTL_ROOT/sys/class/nvme-subsystem/nvme-subsys0
mkdir -p $s/nvme0
echo '${NQN}' >$s/subsysnqn; echo tcp >$s/nvme0/transport; echo ${state} >$s/nvme0/state
echo '${at()}' >$s/nvme0/address; echo off >$s/nvme0/fast_io_fail_tmo`;
const device = `
s=$RDSCTL_ROOT/sys/class/nvme-subsystem/nvme-subsys0
mkdir -p $s/nvme0n1 $RDSCTL_ROOT/dev
echo 2048 >$s/nvme0n1/size; echo 259:1 >$s/nvme0n1/dev; printf 103:1 >$RDSCTL_ROOT/dev/nvme0n1`;

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('CONNECT in %s', (_name, shell) => {
  const connect = (tree: NodeTree, over: { fast?: string; wait?: string; modern?: string } = {}) => {
    const { fast = '5', wait = '0', modern = '0' } = over;
    const args = ['600', '10', '5', fast, wait, modern, NQN, '10.77.0.1', '4420', HOST, ID];
    const { json, stderr, exitCode } = tree.run(shell, CONNECT, args);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const [only] = readConnects(json, 'node-1', 1);
    if (only === undefined) throw new Error('nothing reported');
    return only;
  };
  const nvme = (tree: NodeTree) => tree.calls().filter((call) => call.startsWith('nvme '));

  it('connects with the identity and times given, and sets fast_io_fail_tmo through sysfs', () => {
    const tree = new NodeTree();
    tree.program('nvme', controller() + device);
    expect(connect(tree)).toMatchObject({
      connected: true,
      words: '',
      subsystem: {
        nqn: NQN,
        controllers: [{ name: 'nvme0', state: 'live', address: '10.77.0.1', port: 4420 }],
        devices: [{ path: '/dev/nvme0n1', usable: true, sizeBytes: 1 << 20 }],
      },
    });
    expect(nvme(tree)).toEqual([
      `nvme connect --transport=tcp --nqn=${NQN} --traddr=10.77.0.1 --trsvcid=4420 --hostnqn=${HOST} --hostid=${ID} --ctrl-loss-tmo=600 --reconnect-delay=10 --keep-alive-tmo=5`,
    ]);
    expect(tree.read('sys/class/nvme-subsystem/nvme-subsys0/nvme0/fast_io_fail_tmo')).toBe('5\n');
  });

  it.each([
    ['side by side', ''],
    ['one after another where no file can be made', 'exit 1'],
  ])('connects several, and reports each in the order asked for: %s', (_how, mktemp) => {
    const tree = new NodeTree();
    if (mktemp !== '') tree.program('mktemp', mktemp);
    // Each gets a subsystem and a device of its own, but for the one that is refused.
    tree.program(
      'nvme',
      `case "$*" in *refused*) echo 'failed to write to nvme-fabrics device' >&2; exit 1 ;; esac
for word; do case $word in --nqn=*) nqn=\${word#--nqn=} ;; esac; done
n=\${nqn##*-}
s=$RDSCTL_ROOT/sys/class/nvme-subsystem/nvme-subsys$n
mkdir -p "$s/nvme$n" "$s/nvme\${n}n1" "$RDSCTL_ROOT/dev"
echo tcp >"$s/nvme$n/transport"; echo live >"$s/nvme$n/state"; echo '${at()}' >"$s/nvme$n/address"
echo 2048 >"$s/nvme\${n}n1/size"; echo "259:$n" >"$s/nvme\${n}n1/dev"
printf "103:$n" >"$RDSCTL_ROOT/dev/nvme\${n}n1"
echo "$nqn" >"$s/subsysnqn"`.replaceAll('\\$', '$'),
    );
    const nqns = ['nqn.2000-02.com.mikrotik:f-1', 'nqn.refused', 'nqn.2000-02.com.mikrotik:f-2'];
    const args = nqns.flatMap((nqn) => [nqn, '10.77.0.1', '4420', HOST, ID]);
    const { json, stderr, exitCode } = tree.run(shell, CONNECT, ['600', '10', '5', '5', '0', '0', ...args]);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(readConnects(json, 'node-1', 3)).toMatchObject([
      { connected: true, subsystem: { nqn: nqns[0], devices: [{ path: '/dev/nvme1n1', usable: true }] } },
      { connected: false, subsystem: null, words: expect.stringContaining('nvme-fabrics') as string },
      { connected: true, subsystem: { nqn: nqns[2], devices: [{ path: '/dev/nvme2n1', usable: true }] } },
    ]);
    expect(nvme(tree)).toHaveLength(3);
  });

  it('leaves fast_io_fail_tmo alone when it is not to fail at all', () => {
    const tree = new NodeTree();
    tree.program('nvme', controller() + device);
    connect(tree, { fast: '-1' });
    expect(tree.read('sys/class/nvme-subsystem/nvme-subsys0/nvme0/fast_io_fail_tmo')).toBe('off\n');
  });

  it('waits for the device, which appears after nvme-cli has returned', () => {
    const tree = new NodeTree();
    tree.program('nvme', controller());
    tree.program('sleep', `n=$(grep -c ^sleep "$RDSCTL_ROOT/calls"); if [ "$n" -ge 3 ]; then ${device}\nfi`);
    expect(connect(tree, { wait: '20' }).subsystem?.devices).toMatchObject([{ usable: true }]);
    expect(tree.calls().filter((call) => call.startsWith('sleep'))).toHaveLength(3);
  });

  it('waits for the device node as well as for sysfs', () => {
    const tree = new NodeTree();
    tree.program('nvme', `${controller()}${device}\nrm $RDSCTL_ROOT/dev/nvme0n1`);
    tree.program('sleep', 'printf 103:1 >"$RDSCTL_ROOT/dev/nvme0n1"');
    expect(connect(tree, { wait: '20' }).subsystem?.devices).toMatchObject([{ usable: true }]);
  });

  it.each([
    ['no namespace', controller()],
    ['no device node', `${controller()}${device}\nrm $RDSCTL_ROOT/dev/nvme0n1`],
    ['another device under the name', `${controller()}${device}\nprintf 103:2 >$RDSCTL_ROOT/dev/nvme0n1`],
    ['a controller that is not live', controller('connecting') + device],
  ])('gives up waiting when its time is over: %s', (_what, body) => {
    const tree = new NodeTree();
    tree.program('nvme', body);
    const { connected, subsystem } = connect(tree);
    expect(connected).toBe(true);
    const live = subsystem?.controllers.some(({ state }) => state === 'live');
    const usable = subsystem?.devices.some(({ usable: is }) => is);
    expect(live === true && usable === true).toBe(false);
  });

  it('does not connect again when there is a controller at that address and port, and waits for it', () => {
    const tree = new NodeTree([oneLive(NQN)]);
    expect(connect(tree)).toMatchObject({
      connected: false,
      words: '',
      subsystem: { controllers: [{ state: 'live' }] },
    });
    expect(nvme(tree)).toEqual([]);
  });

  it.each([
    ['another port', at('10.77.0.1', 4430)],
    ['a port that begins alike', at('10.77.0.1', 44200)],
    ['another address', at('10.77.0.2')],
    ['an address that begins alike', at('10.77.0.10')],
    ['an address that ends alike', at('110.77.0.1')],
  ])('connects when the controller is at %s', (_what, address) => {
    const tree = new NodeTree([
      { name: 'nvme-subsys0', nqn: NQN, controllers: [{ name: 'nvme0', address }] },
    ]);
    connect(tree);
    expect(nvme(tree)).toHaveLength(1);
  });

  it('connects when only a volume with a longer or shorter NQN is there', () => {
    const tree = new NodeTree([oneLive(`${NQN}0`), { ...oneLive(NQN.slice(0, -1)), name: 'nvme-subsys1' }]);
    expect(connect(tree).subsystem).toBeNull();
    expect(nvme(tree)).toHaveLength(1);
  });

  it('loads the module before, and goes on when it is there', () => {
    const tree = new NodeTree();
    tree.remove('sys/module/nvme_tcp');
    tree.program('modprobe', 'mkdir -p "$RDSCTL_ROOT/sys/module/nvme_tcp"');
    tree.program('nvme', controller() + device);
    expect(connect(tree).connected).toBe(true);
    expect(tree.calls().map((call) => call.split(' ')[0])).toEqual(['modprobe', 'nvme']);
  });

  it('a refusal: the words of nvme-cli, of modprobe and the reason from the kernel log', () => {
    const tree = new NodeTree();
    tree.remove('sys/module/nvme_tcp');
    tree.program('modprobe', 'echo "FATAL: Module nvme-tcp not found." >&2; exit 1');
    tree.program(
      'nvme',
      'echo "Failed to write to /dev/nvme-fabrics: Input/output error" >&2; echo "could not add new controller" >&2; exit 1',
    );
    tree.program(
      'dmesg',
      `echo '[  1.0] usb: x'; echo '[ 12.5] nvme nvme0: Connect for subsystem "x" is not allowed, hostnqn: y'`,
    );
    const { connected, words, subsystem } = connect(tree);
    expect({ connected, subsystem }).toEqual({ connected: false, subsystem: null });
    expect(words).toContain('modprobe nvme-tcp: FATAL: Module nvme-tcp not found.');
    expect(words).toContain('Input/output error could not add new controller');
    expect(words).toContain('nvme nvme0: Connect for subsystem "x" is not allowed, hostnqn: y');
    expect(words).not.toContain('usb');
  });

  it('a refusal without words still says something', () => {
    const tree = new NodeTree();
    tree.program('nvme', 'exit 7');
    expect(connect(tree).words).toContain('nvme connect: exit 7');
  });

  it('"already connected": another one was faster, and its controller counts', () => {
    const tree = new NodeTree();
    tree.program('nvme', `${controller()}${device}\necho 'already connected' >&2; exit 1`);
    expect(connect(tree)).toMatchObject({
      connected: false,
      subsystem: { controllers: [{ state: 'live' }] },
    });
  });

  it('options of nvme-cli 3 only where its help names them', () => {
    const tree = new NodeTree();
    const help = (text: string) =>
      `case "$*" in *--help*) echo '${text}' >&2; exit 1 ;; esac${controller()}${device}`;
    tree.program('nvme', help('[--idempotent] [--owner=<S>]'));
    connect(tree, { modern: '1' });
    expect(nvme(tree).at(-1)).toMatch(/ --idempotent --owner=rdsctl$/);
    const other = new NodeTree();
    other.program('nvme', help('[--transport=<STR>]'));
    connect(other, { modern: '1' });
    expect(nvme(other).at(-1)).toMatch(/--keep-alive-tmo=5$/);
  });
});
