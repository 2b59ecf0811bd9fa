import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realClock } from '../../../src/simulator/clock.ts';
import type { NodeTraits } from '../../../src/simulator/node/simulated-node.ts';
import { makeWorld, sh } from '../world.ts';

const CONNECT = 'nvme connect -t tcp -a 10.77.0.1 -s 4420';

/** One node with a real clock that runs fast, and a volume `a` that it may connect to. */
async function oneNode(traits: NodeTraits = {}) {
  const world = makeWorld({ nodes: [traits], clock: realClock(20) });
  const [node] = world.nodes as [(typeof world.nodes)[0]];
  await world.offer('a', node.hostNqn);
  return { ...world, node };
}

describe('nvme-cli 2.3: exit codes and texts (stdout-stderr.txt, SEMANTICS e)', () => {
  test('connect, already connected, disconnect, nothing to disconnect', async () => {
    const { node } = await oneNode();
    expect(await sh(node, `${CONNECT} -n nqn.test:a`)).toEqual({ code: 0, out: '', err: '' });
    expect(await sh(node, `${CONNECT} -n nqn.test:a`)).toEqual({
      code: 1,
      out: '',
      err: 'already connected\n',
    });
    expect(await sh(node, 'nvme disconnect -n nqn.test:a')).toEqual({
      code: 0,
      out: 'NQN:nqn.test:a disconnected 1 controller(s)\n',
      err: '',
    });
    expect(await sh(node, 'nvme disconnect -n nqn.test:a')).toEqual({
      code: 0,
      out: 'NQN:nqn.test:a disconnected 0 controller(s)\n',
      err: '',
    });
    expect(await sh(node, `${CONNECT} --nqn=nqn.test:a -o json`)).toMatchObject({
      code: 0,
      out: '{\n  "device":"nvme0"\n}\n',
    });
    expect(await sh(node, 'nvme disconnect --device nvme0 && nvme disconnect -d nvme0')).toEqual({
      code: 0,
      out: '',
      err: 'Did not find device nvme0\n',
    });
    expect(await sh(node, 'nvme disconnect')).toEqual({
      code: 1,
      out: '',
      err: 'Neither device name [--device | -d] nor NQN [--nqn | -n] provided\n',
    });
    expect(await sh(node, 'nvme disconnect-all')).toEqual({ code: 0, out: '', err: '' });
  });

  test('refusals: not allowed and no such subsystem have one text', async () => {
    const { node, offer } = await oneNode();
    await offer('b', 'somebody else');
    const refused =
      'Failed to write to /dev/nvme-fabrics: Input/output error\n' +
      'could not add new controller: failed to write to nvme-fabrics device\n';
    expect(await sh(node, `${CONNECT} -n nqn.test:b`)).toEqual({ code: 1, out: '', err: refused });
    expect(await sh(node, `${CONNECT} -n nqn.test:nope`)).toEqual({ code: 1, out: '', err: refused });
    expect((await sh(node, `nvme connect -t tcp -a 10.77.0.1 -s 4421 -n nqn.test:a`)).err).toBe(
      'Failed to write to /dev/nvme-fabrics: Connection refused\n' +
        'could not add new controller: connection refused\n',
    );
    expect((await sh(node, `nvme connect -t tcp -a 10.77.0.99 -s 4420 -n nqn.test:a`)).err).toBe(
      'Failed to write to /dev/nvme-fabrics: Connection timed out\n' +
        'could not add new controller: failed to write to nvme-fabrics device\n',
    );
    expect((await sh(node, `nvme connect -t tcp -a no-such-name.invalid -n nqn.test:a`)).err).toBe(
      'No support for hostname IP address resolution; recompile with libnss support.\n' +
        'could not add new controller: failed to get transport address\n',
    );
    expect((await sh(node, 'nvme connect -t tcp -n x')).err).toBe(
      'required argument [--traddr | -a] not specified for transport tcp\n',
    );
    expect((await sh(node, 'nvme connect -t tcp -a 10.77.0.1')).err).toBe(
      'required argument [--nqn | -n] not specified\n',
    );
    expect((await sh(node, 'dmesg | tail -n 30')).out).toContain('ret=16772');
  });

  test('of five at once one wins (SEMANTICS h1)', async () => {
    const { node } = await oneNode();
    const { out } = await sh(
      node,
      `for i in 1 2 3 4 5; do (${CONNECT} -n nqn.test:a 2>/dev/null; echo "rc=$?") & done; wait`,
    );
    expect(out.trim().split('\n').sort()).toEqual(['rc=0', 'rc=1', 'rc=1', 'rc=1', 'rc=1']);
    expect(node.host.controllers).toHaveLength(1);
  });

  test('list and list-subsys as in the captures', async () => {
    const { node, target } = await oneNode();
    expect((await sh(node, 'nvme list -o json')).out).toBe('{\n  "Devices":[\n  ]\n}\n');
    expect((await sh(node, 'nvme list-subsys -o json')).out).toBe('[\n]\n');
    expect((await sh(node, 'nvme list-subsys')).out).toBe('');
    await sh(node, `${CONNECT} -n nqn.test:a`);
    expect((await sh(node, 'nvme list-subsys')).out).toBe(
      'nvme-subsys0 - NQN=nqn.test:a\n\\\n' +
        ' +- nvme0 tcp traddr=10.77.0.1,trsvcid=4420,src_addr=10.77.0.11 live \n',
    );
    const expected = [
      '[',
      '  {',
      `    "HostNQN":"${node.hostNqn}",`,
      `    "HostID":"${node.hostId}",`,
      '    "Subsystems":[',
      '      {',
      '        "Name":"nvme-subsys0",',
      '        "NQN":"nqn.test:a",',
      '        "Paths":[',
      '          {',
      '            "Name":"nvme0",',
      '            "Transport":"tcp",',
      '            "Address":"traddr=10.77.0.1,trsvcid=4420,src_addr=10.77.0.11",',
      '            "State":"live"',
      '          }',
      '        ]',
      '      }',
      '    ]',
      '  }',
      ']',
      '',
    ].join('\n');
    expect((await sh(node, 'nvme list-subsys -o json')).out).toBe(expected);
    expect((await sh(node, 'sleep 0.1; nvme list -o json')).out).toContain('"DevicePath":"/dev/nvme0n1"');
    await target.removeVolume('a');
    expect((await sh(node, 'sleep 0.1; nvme list -o json')).out, '2.3 leaves out what is not live').toBe(
      '{\n  "Devices":[\n  ]\n}\n',
    );
    expect((await sh(node, 'nvme list-subsys')).out).toContain('trsvcid=4420 connecting\n');
  });

  test('ghost of a mounted device (capture list-subsys-ghost)', async () => {
    const { node } = await oneNode();
    await sh(
      node,
      `${CONNECT} -n nqn.test:a; sleep 0.05; mount /dev/nvme0n1 /mnt/v; nvme disconnect -n nqn.test:a`,
    );
    expect(JSON.parse((await sh(node, 'nvme list-subsys -o json')).out)).toEqual([
      {
        HostNQN: node.hostNqn,
        HostID: node.hostId,
        Subsystems: [{ Name: 'nvme-subsys0', NQN: 'nqn.test:a', Paths: [] }],
      },
    ]);
    expect((await sh(node, 'umount /mnt/v; nvme list-subsys')).out).toBe('');
  });
});

test('nvme-cli 2.13 says less on stderr and more on stdout (SEMANTICS e)', async () => {
  const { node } = await oneNode({ kernel: '6.12' });
  expect(await sh(node, 'nvme version | head -n 1')).toMatchObject({ out: 'nvme version 2.13 (git 2.13)\n' });
  expect(await sh(node, `${CONNECT} -n nqn.test:nope`)).toEqual({
    code: 1,
    out: '',
    err: 'could not add new controller: failed to write to nvme-fabrics device\n',
  });
  expect(await sh(node, `${CONNECT} -n nqn.test:a`)).toEqual({
    code: 0,
    out: 'connecting to device: nvme0\n',
    err: '',
  });
  expect((await sh(node, 'nvme list-subsys')).out).toContain(`               hostnqn=${node.hostNqn}\n`);
});

describe('modules (capture e3)', () => {
  test('nvme-cli does not load nvme-fabrics; modprobe does', async () => {
    const { node } = await oneNode({ loaded: false });
    expect((await sh(node, `${CONNECT} -n nqn.test:a`)).err).toBe(
      'Failed to open /dev/nvme-fabrics: No such file or directory\n' +
        'could not add new controller: failed to open nvme-fabrics device\n',
    );
    expect(existsSync(join(node.directory, 'sys/module/nvme_tcp'))).toBe(false);
    expect((await sh(node, 'modprobe -n -q nvme-tcp')).code).toBe(0);
    expect(existsSync(join(node.directory, 'sys/module/nvme_tcp'))).toBe(false);
    expect((await sh(node, 'modprobe nvme-fabrics')).code).toBe(0);
    expect((await sh(node, `${CONNECT} -n nqn.test:a`)).code, 'the kernel loads nvme-tcp by itself').toBe(0);
    expect(existsSync(join(node.directory, 'sys/module/nvme_tcp'))).toBe(true);
  });

  test('no nvme-tcp for this kernel', async () => {
    const { node } = await oneNode({ loaded: false, nvmeTcp: false });
    expect((await sh(node, 'modprobe nvme-tcp')).code).toBe(1);
    expect((await sh(node, `modprobe nvme-fabrics; ${CONNECT} -n nqn.test:a`)).err).toContain(
      'Invalid argument',
    );
  });

  test('no hostnqn file: one is made up, and the id is another each time', async () => {
    const { node, offer } = await oneNode({ hostNqn: null, hostId: null });
    await offer('b', '');
    const ids = [];
    for (let i = 0; i < 2; i += 1) {
      await sh(node, `${CONNECT} -n nqn.test:b`);
      ids.push((await sh(node, 'cat $RDSCTL_ROOT/sys/class/nvme/nvme0/hostid')).out);
      expect((await sh(node, 'cat $RDSCTL_ROOT/sys/class/nvme/nvme0/hostnqn')).out).toBe(
        'nqn.2014-08.org.nvmexpress:uuid:00000000-0000-0000-0000-000000000000\n',
      );
      await sh(node, 'nvme disconnect-all');
    }
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('sysfs that is written to', () => {
  const until = (condition: string): string =>
    `i=0; until ${condition} || [ $i = 200 ]; do sleep 0.01; i=$((i+1)); done`;

  test('delete_controller, fast_io_fail_tmo, ctrl_loss_tmo', async () => {
    const { node } = await oneNode();
    await sh(node, `${CONNECT} -n nqn.test:a --ctrl-loss-tmo=15 --reconnect-delay=2`);
    const dir = '$RDSCTL_ROOT/sys/class/nvme/nvme0';
    expect((await sh(node, `cd ${dir}; cat ctrl_loss_tmo reconnect_delay fast_io_fail_tmo kato`)).out).toBe(
      '16\n2\noff\n5\n',
    );
    await sh(
      node,
      `cd ${dir}; echo 7 > fast_io_fail_tmo; echo -1 > ctrl_loss_tmo; ${until('grep -q off ctrl_loss_tmo')}`,
    );
    expect([node.host.controllers[0]?.fastIoFailTmo, node.host.controllers[0]?.maxReconnects]).toEqual([
      7, -1,
    ]);
    await sh(node, `echo 1 > ${dir}/delete_controller; ${until(`[ ! -e ${dir} ]`)}`);
    expect(node.host.controllers).toEqual([]);
  });

  test('what a script is about to write is not lost when the controller changes meanwhile', async () => {
    const { node } = await oneNode();
    await sh(node, `${CONNECT} -n nqn.test:a --ctrl-loss-tmo=15 --reconnect-delay=2`);
    const changes = `echo -1 > ctrl_loss_tmo; ${until('grep -q off ctrl_loss_tmo')}`;
    await sh(
      node,
      `cd $RDSCTL_ROOT/sys/class/nvme/nvme0
      { ${changes}; echo 7; } > fast_io_fail_tmo
      ${until('[ "$(cat fast_io_fail_tmo)" = 7 ]')}`,
    );
    expect([node.host.controllers[0]?.fastIoFailTmo, node.host.controllers[0]?.maxReconnects]).toEqual([
      7, -1,
    ]);
  });
});

describe('a device whose controller is not live (SEMANTICS g5)', () => {
  test('wipefs hangs; once it was killed nvme 2.3 hangs too; delete_controller frees all', async () => {
    const { node, offer } = await oneNode();
    await sh(node, `${CONNECT} -n nqn.test:a -l -1; sleep 0.05`);
    await offer('a', '', { exported: false });
    const wipefs = await sh(node, 'timeout -k 0.5 1 wipefs --all --no-act /dev/nvme0n1');
    expect(wipefs.code).toBe(137);
    expect((await sh(node, 'timeout -k 0.1 1 nvme list')).code, 'wedged').not.toBe(0);
    const listing = sh(node, 'nvme list-subsys');
    await sh(node, 'echo 1 > $RDSCTL_ROOT/sys/class/nvme/nvme0/delete_controller');
    expect((await listing).code).toBe(0);
    expect(node.host.controllers).toEqual([]);
  });

  test('mounted: wipefs says busy at once', async () => {
    const { node, offer } = await oneNode();
    await sh(node, `${CONNECT} -n nqn.test:a -l -1; sleep 0.05; mount /dev/nvme0n1 /mnt/v`);
    await offer('a', '', { exported: false });
    expect(await sh(node, 'wipefs --all --no-act /dev/nvme0n1')).toEqual({
      code: 1,
      out: '',
      err: 'wipefs: error: /dev/nvme0n1: probing initialization failed: Device or resource busy\n',
    });
  });

  test('umount hangs until the controller is gone (SEMANTICS g4)', async () => {
    const { node, offer, events } = await oneNode();
    await sh(node, `${CONNECT} -n nqn.test:a -l -1; sleep 0.05; mount /dev/nvme0n1 /mnt/v`);
    await offer('a', '', { exported: false });
    const umount = sh(node, 'umount /mnt/v');
    expect((await sh(node, 'sleep 0.2; nvme disconnect -n nqn.test:a')).code).toBe(0);
    expect((await umount).code).toBe(0);
    expect(events.all.filter((each) => each.event === 'unmounted')).toHaveLength(1);
  });
});

describe('dd', () => {
  test('writes and reads through the device', async () => {
    const { node, events } = await oneNode();
    await sh(node, `${CONNECT} -n nqn.test:a; sleep 0.05`);
    const wrote = await sh(
      node,
      'echo hello | dd of=/dev/nvme0n1 bs=4096 seek=3 count=1 conv=sync,notrunc,nocreat oflag=direct',
    );
    expect([wrote.code, wrote.err]).toEqual([
      0,
      expect.stringContaining('0+1 records in\n1+0 records out\n'),
    ]);
    const read = await sh(
      node,
      "dd if=/dev/nvme0n1 bs=4096 skip=3 count=1 iflag=direct 2>/dev/null | tr -d '\\0'",
    );
    expect(read.out).toBe('hello\n');
    expect(events.all.find((each) => each.event === 'io-landed')).toMatchObject({
      volume: 'a',
      node: 'node-1',
      offset: 12288,
      length: 4096,
    });
  });

  test('fails when the device is gone, waits while it is connecting', async () => {
    const { node, offer } = await oneNode();
    expect((await sh(node, 'echo x | dd of=/dev/nvme0n1')).err).toBe(
      "dd: failed to open '/dev/nvme0n1': No such file or directory\n",
    );
    await sh(node, `${CONNECT} -n nqn.test:a -l 600 -c 600; sleep 0.05`);
    await offer('a', '', { exported: false });
    const waiting = sh(node, 'echo x | dd of=/dev/nvme0n1 bs=4096 count=1 conv=sync');
    await sh(node, 'sleep 0.2; nvme disconnect -n nqn.test:a');
    expect(await waiting).toMatchObject({
      code: 1,
      err: "dd: error writing '/dev/nvme0n1': Input/output error\n",
    });
  });

  test('other files are the machine’s business', async () => {
    const { node } = await oneNode();
    expect((await sh(node, 'echo hi | dd of=f 2>/dev/null; dd if=f 2>/dev/null')).out).toBe('hi\n');
  });
});

describe('stat', () => {
  test('answers for device nodes, also through /proc/PID/fd, and passes the rest on', async () => {
    const { node } = await oneNode();
    await sh(node, `${CONNECT} -n nqn.test:a; sleep 0.05`);
    node.uses.add('nvme0n1', { kind: 'process', pid: 4711, command: 'qemu' });
    const one = await sh(node, "stat -L -c '%t:%T' $RDSCTL_ROOT/dev/nvme0n1");
    expect(one.out).toBe('103:1\n');
    const all = await sh(
      node,
      "find $RDSCTL_ROOT/proc/[0-9]*/fd -mindepth 1 -maxdepth 1 -exec stat -L -c '%t:%T %n' {} +",
    );
    expect(all.out).toContain(`103:1 ${node.directory}/proc/4711/fd/1\n`);
    expect(all.out).toContain(`1:3 ${node.directory}/proc/1/fd/0\n`);
    expect((await sh(node, 'stat -L -c %t:%T $RDSCTL_ROOT/dev/nvme9n1')).code).toBe(1);
    expect((await sh(node, 'stat -c %F /')).out).toBe('directory\n');
  });
});

test('what shows a use, and what the exclusive open sees (SEMANTICS g2)', async () => {
  const { node } = await oneNode();
  await sh(node, `${CONNECT} -n nqn.test:a; sleep 0.05`);
  const busy = async (): Promise<boolean> =>
    (await sh(node, 'wipefs --all --no-act /dev/nvme0n1')).code === 1;
  const file = (path: string): string => readFileSync(join(node.directory, path), 'utf8');
  const seen = async () => ({
    own: file('proc/self/mountinfo').includes(' 259:1 '),
    all: (await sh(node, 'cat $RDSCTL_ROOT/proc/[0-9]*/mountinfo')).out.includes(' 259:1 '),
    holders: (await sh(node, 'ls $RDSCTL_ROOT/sys/block/nvme0n1/holders')).out.trim(),
    swaps: file('proc/swaps').includes('/dev/nvme0n1'),
    loop: (await sh(node, 'losetup -a')).out !== '',
    fuser: (await sh(node, 'fuser /dev/nvme0n1 2>/dev/null')).out.trim(),
    busy: await busy(),
  });
  const nothing = { own: false, all: false, holders: '', swaps: false, loop: false, fuser: '', busy: false };
  expect(await seen()).toEqual(nothing);
  const cases = [
    [
      { kind: 'mount', directory: '/mnt/v', seen: 'own' },
      { own: true, all: true, busy: true },
    ],
    [
      { kind: 'mount', directory: '/mnt/v', seen: 'container' },
      { all: true, busy: true },
    ],
    [{ kind: 'mount', directory: '/mnt/v', seen: 'lazy' }, { busy: true }],
    [{ kind: 'swap' }, { swaps: true, busy: true }],
    [
      { kind: 'holder', name: 'dm-0' },
      { holders: 'dm-0', busy: true },
    ],
    [{ kind: 'loop', name: 'loop0' }, { loop: true }],
    [{ kind: 'process', pid: 4711, command: 'qemu' }, { fuser: '4711' }],
  ] as const;
  for (const [use, expected] of cases) {
    node.uses.add('nvme0n1', use);
    expect(await seen()).toEqual({ ...nothing, ...expected });
    node.uses.remove(() => true);
  }
  expect(await seen()).toEqual(nothing);
});

describe('a node with something wrong', () => {
  test('sudo wants a password', async () => {
    const { node } = await oneNode({ sudo: false });
    expect(await sh(node, 'sudo -n true')).toEqual({
      code: 1,
      out: '',
      err: 'sudo: a password is required\n',
    });
  });

  test('sudo passes a script on', async () => {
    const { node } = await oneNode();
    expect((await sh(node, "echo 'nvme version; echo $1' | sudo -n /bin/sh -s -- hi")).out).toMatch(
      /^nvme version 2.3.*hi\n$/s,
    );
  });

  test('no nvme-cli, a clock ahead, an empty hostnqn', async () => {
    const { node } = await oneNode({ nvmeCli: 'none', clockSkew: 86_400, hostNqn: '' });
    expect((await sh(node, 'nvme version')).code).toBe(127);
    const ahead = Number((await sh(node, 'date +%s')).out) - Date.now() / 1000;
    expect(Math.round(ahead / 100)).toBe(864);
    expect(readFileSync(join(node.directory, 'etc/nvme/hostnqn'), 'utf8')).toBe('');
  });
});
