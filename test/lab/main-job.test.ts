import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { Front } from './front.ts';
import { connectByHand, controllers } from './host-side.ts';
import { bootLab, type Lab } from './lab.ts';
import { until } from './until.ts';

/**
 * The main job on real kernels: rdsctl as a process, real OpenSSH and nvme-cli on the nodes, the kernel's
 * target behind the simulator's RouterOS.
 */
let lab: Lab;
let front: Front;

beforeAll(async () => {
  lab = await bootLab();
});
afterAll(() => lab.close());
beforeEach(async () => {
  front = await Front.open(lab, ['vol-1', 'vol-2']);
});
afterEach(async () => {
  await front.close();
  await lab.reset();
});

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';

/** Writes one block of a letter at a place of a device, past the page cache. */
function write(device: string, letter: string, block = 0): string {
  return `head -c 4096 /dev/zero | tr '\\0' ${letter} | dd of=${device} bs=4096 count=1 seek=${block} oflag=direct conv=nocreat,notrunc status=none`;
}

/** The letter that a block is full of. */
function letter(device: string, block = 0): string {
  return `dd if=${device} bs=4096 count=1 skip=${block} iflag=direct status=none | head -c 1`;
}

test('attach, use, refuse, detach refused while mounted, move: the data is there', async () => {
  const [one, two] = [lab.node(1), lab.node(2)];
  const device = await front.succeed('attach', 'vol-1', 'node-1', '-o', 'name');
  expect(device).toMatch(/^\/dev\/nvme\d+n\d+$/);
  await one.read(`mkfs.ext4 -q ${device} && mount ${device} /mnt && echo precious >/mnt/file && sync`);

  const again = await front.rdsctl('attach', 'vol-1', 'node-1', '-o', 'json');
  expect(JSON.parse(again.stdout)).toMatchObject({ device, changed: false });

  expect(await front.rdsctl('attach', 'vol-1', 'node-2')).toMatchObject({ code: 4 });
  expect(await two.run(connectByHand(NQN))).toMatchObject({ code: 1 });
  expect(await lab.target.sessions('vol-1')).toHaveLength(1);

  const refused = await front.rdsctl('detach', 'vol-1');
  expect(refused).toMatchObject({ code: 7 });
  expect(refused.stderr).toContain('mounted on /mnt');
  expect(await one.read('cat /mnt/file')).toBe('precious');

  await one.read('umount /mnt');
  const moved = await front.succeed('move', 'vol-1', 'node-2', '-o', 'name');
  expect(await controllers(one)).toEqual([]);
  expect(await two.read(`mount ${moved} /mnt && cat /mnt/file`)).toBe('precious');
  await two.read('umount /mnt');
  await front.succeed('detach', 'vol-1');
  expect(await controllers(two)).toEqual([]);
  expect(await lab.target.sessions('vol-1')).toEqual([]);
  expect(await two.run(connectByHand(NQN))).toMatchObject({ code: 1 });
});

test('every way in which a device is in use refuses the detach', async () => {
  const one = lab.node(1);
  const device = await front.succeed('attach', 'vol-1', 'node-1', '-o', 'name');
  await one.read(`mkfs.ext4 -q ${device}`);
  const uses: readonly [string, string, string, RegExp][] = [
    [
      'mount in another namespace',
      `unshare -m sh -c 'mount ${device} /mnt; touch /tmp/up; exec sleep 1000' </dev/null >/dev/null 2>&1 & echo $! >/tmp/pid; until [ -e /tmp/up ]; do sleep 0.05; done`,
      'kill $(cat /tmp/pid); rm /tmp/up',
      /mounted on \/mnt/,
    ],
    ['swap', `mkswap -f ${device} >/dev/null && swapon ${device}`, `swapoff ${device}`, /used as swap/],
    [
      'device mapper',
      `dmsetup create held --table "0 1000 linear ${device} 0"`,
      'dmsetup remove held',
      /held by dm-0 \(held\)/,
    ],
    [
      'loop device',
      `modprobe loop && losetup /dev/loop0 ${device}`,
      'losetup -d /dev/loop0',
      /behind \/dev\/loop0/,
    ],
    [
      'open file',
      `sleep 1001 <${device} >/dev/null 2>&1 & echo $! >/tmp/pid`,
      'kill $(cat /tmp/pid)',
      /open in sleep/,
    ],
  ];
  for (const [, begin, end, words] of uses) {
    await one.read(begin);
    const refused = await front.rdsctl('detach', 'vol-1');
    expect(refused.stderr).toMatch(words);
    expect(refused).toMatchObject({ code: 7 });
    await one.read(end);
  }
  await until(async () => (await front.rdsctl('detach', 'vol-1')).code === 0, 'detached after the last use');
  expect(await controllers(one)).toEqual([]);
});

test('a fenced node that was cut off with a write queued never writes again, also when it is let in', async () => {
  const [one, two] = [lab.node(1), lab.node(2)];
  const first = await front.succeed('attach', 'vol-1', 'node-1', '-o', 'name');
  await one.read(write(first, 'A'));

  await one.network.drop();
  await one.management.drop();
  // Queued on the node: it can't reach the storage server any more.
  await one.read(`(${write(first, 'X')}; echo $? >/tmp/ended) </dev/null >/dev/null 2>&1 &`);
  await front.succeed('fence', 'node-1', '--yes');
  const second = await front.succeed('attach', 'vol-1', 'node-2', '-o', 'name');
  expect(await two.read(letter(second))).toBe('A');
  await two.read(write(second, 'B'));

  await one.network.heal();
  await one.management.heal();
  const refusedBefore = (await lab.rds.kernelLog()).filter(({ kind }) => kind === 'refused').length;
  await until(
    async () => (await lab.rds.kernelLog()).filter(({ kind }) => kind === 'refused').length > refusedBefore,
    'the old node knocks and is refused',
  );
  expect(await two.read(letter(second))).toBe('B');
  expect((await front.rdsctl('attach', 'vol-1', 'node-1')).code).toBe(4);
  // Refused while the node holds a dead controller or its device; 6.12 lets go of them when it is turned away.
  const { code } = await front.rdsctl('unfence', 'node-1');
  expect([0, 7]).toContain(code);
  if (code === 0) expect(await controllers(one)).toEqual([]);

  // Back to the old node (law 10): its queued write must not land on top.
  await front.succeed('fence', 'node-1', '--yes');
  expect(await controllers(one)).toEqual([]);
  await until(async () => (await one.run('cat /tmp/ended')).stdout.trim() !== '', 'the queued write ended');
  expect(await one.read('cat /tmp/ended')).not.toBe('0');
  await front.succeed('unfence', 'node-1');
  const third = await front.succeed('move', 'vol-1', 'node-1', '-o', 'name');
  expect(await one.read(letter(third))).toBe('B');
  await one.read(write(third, 'C'));
  expect(await one.read(letter(third))).toBe('C');
});

test('attach to a node that still holds an old controller drops it before the volume is granted', async () => {
  const [one, two] = [lab.node(1), lab.node(2)];
  const first = await front.succeed('attach', 'vol-1', 'node-1', '-o', 'name');
  await one.network.drop();
  await one.refuseLogins();
  await one.read(`(${write(first, 'X')}; echo $? >/tmp/ended) </dev/null >/dev/null 2>&1 &`);
  await front.succeed('fence', 'node-1', '--yes');
  const second = await front.succeed('attach', 'vol-1', 'node-2', '-o', 'name');
  await two.read(write(second, 'B'));
  await front.succeed('detach', 'vol-1');
  await one.network.heal();
  await one.acceptLogins();
  // Forced, unseen: the worst an operator can do.
  await front.succeed('unfence', 'node-1', '--force');
  const third = await front.succeed('attach', 'vol-1', 'node-1', '-o', 'name');
  expect(await one.read(letter(third))).toBe('B');
  await until(async () => (await one.run('cat /tmp/ended')).stdout.trim() !== '', 'the queued write ended');
  expect(await one.read('cat /tmp/ended')).not.toBe('0');
  expect(await one.read(letter(third))).toBe('B');
});

test('a write in flight at the storage server when the fence comes is waited for before anybody else is let in', async () => {
  const [one, two] = [lab.node(1), lab.node(2)];
  const first = await front.succeed('attach', 'vol-1', 'node-1', '-o', 'name');
  await lab.target.setWriteDelay('vol-1', 3_600_000);
  await one.read(`(${write(first, 'X')}) </dev/null >/dev/null 2>&1 &`);
  await until(async () => (await lab.target.inFlight('vol-1')) > 0, 'a write is in flight');
  const fence = front.succeed('fence', 'node-1', '--yes');
  await until(
    async () => (await lab.rds.run('ls /sys/kernel/config/nvmet/ports/*/subsystems/')).stdout === '',
    'the export is off',
  );
  expect(await lab.target.inFlight('vol-1')).toBeGreaterThan(0);
  await lab.target.setWriteDelay('vol-1', 0);
  await fence;
  expect(await lab.target.inFlight('vol-1')).toBe(0);
  const second = await front.succeed('attach', 'vol-1', 'node-2', '-o', 'name');
  expect(await two.read(letter(second))).toBe('X');
  await two.read(write(second, 'B'));
  expect(await two.read(letter(second))).toBe('B');
});

test('two nodes with one host NQN: a target lets both in, rdsctl refuses the second', async () => {
  const [one, two] = [lab.node(1), lab.node(2)];
  await front.succeed('attach', 'vol-1', 'node-1');
  try {
    await two.read(`echo ${one.hostNqn} >/etc/nvme/hostnqn; echo ${one.hostId} >/etc/nvme/hostid`);
    const refused = await front.rdsctl('attach', 'vol-2', 'node-2');
    expect(refused.stderr).toContain(one.hostNqn);
    expect(refused).toMatchObject({ code: 4 });
    expect(await lab.target.sessions('vol-2')).toEqual([]);
    expect(await two.run(connectByHand(NQN))).toMatchObject({ code: 0 });
    expect((await lab.target.sessions('vol-1')).map(({ hostNqn }) => hostNqn)).toEqual([
      one.hostNqn,
      one.hostNqn,
    ]);
  } finally {
    await two.read(`echo ${two.hostNqn} >/etc/nvme/hostnqn; echo ${two.hostId} >/etc/nvme/hostid`);
  }
});
