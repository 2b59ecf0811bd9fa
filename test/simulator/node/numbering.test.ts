import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect, makeWorld } from '../world.ts';

/** The tree as the captures print it (captures/*\/json/sysfs-*.txt). */
function sysfs(directory: string): string[] {
  const subsystems = join(directory, 'sys/class/nvme-subsystem');
  const lines: string[] = [];
  const text = (path: string): string => readFileSync(path, 'utf8').trim();
  for (const name of existsSync(subsystems) ? readdirSync(subsystems).sort() : []) {
    const path = join(subsystems, name);
    const members = readdirSync(path)
      .filter((each) => each.startsWith('nvme'))
      .sort();
    lines.push(`${name} ${text(join(path, 'subsysnqn'))}: ${members.join(' ')}`);
    for (const controller of members.filter((each) => /^nvme\d+$/.test(each))) {
      const state = text(join(path, controller, 'state'));
      lines.push(`  ${controller} ${state} ${text(join(path, controller, 'address'))}`);
    }
  }
  const devices = readdirSync(join(directory, 'dev')).filter((each) => each.startsWith('nvme'));
  lines.push(...devices.sort().map((each) => `/dev/${each}`));
  lines.push('', '/sys/block:', ...readdirSync(join(directory, 'sys/block')).sort());
  return lines;
}

test('three subsystems, one of them connecting (captures sysfs-0 to sysfs-3)', async () => {
  const { clock, nodes, offer } = makeWorld();
  const [node] = nodes as [(typeof nodes)[0]];
  expect(sysfs(node.directory)).toEqual(['/dev/nvme-fabrics', '', '/sys/block:']);
  for (const volume of ['f1', 'f2', 'f3']) {
    await offer(volume, '');
    await connect(clock, node, volume, { reconnectDelay: 60 });
  }
  await offer('f2', '', { exported: false });
  await clock.advance(100);
  expect(sysfs(node.directory)).toEqual([
    'nvme-subsys0 nqn.test:f1: nvme0 nvme0n1',
    '  nvme0 live traddr=10.77.0.1,trsvcid=4420,src_addr=10.77.0.11',
    'nvme-subsys1 nqn.test:f2: nvme1 nvme1n1',
    '  nvme1 connecting traddr=10.77.0.1,trsvcid=4420',
    'nvme-subsys2 nqn.test:f3: nvme2 nvme2n1',
    '  nvme2 live traddr=10.77.0.1,trsvcid=4420,src_addr=10.77.0.11',
    '/dev/nvme-fabrics',
    '/dev/nvme0',
    '/dev/nvme0n1',
    '/dev/nvme1',
    '/dev/nvme1n1',
    '/dev/nvme2',
    '/dev/nvme2n1',
    '',
    '/sys/block:',
    'nvme0c0n1',
    'nvme0n1',
    'nvme1c1n1',
    'nvme1n1',
    'nvme2c2n1',
    'nvme2n1',
  ]);
  const dev = (name: string): string => readFileSync(join(node.directory, 'sys/block', name, 'dev'), 'utf8');
  expect([dev('nvme0n1'), dev('nvme1n1'), dev('nvme2n1')]).toEqual(['259:1\n', '259:3\n', '259:5\n']);
  expect(existsSync(join(node.directory, 'sys/block/nvme0c0n1/dev'))).toBe(false);
  for (const link of ['sys/class/nvme/nvme0/subsystem', 'sys/class/block/nvme0n1', 'sys/dev/block/259:1']) {
    expect(realpathSync(join(node.directory, link))).toMatch(/\/sys\//);
  }
});

test('two paths to one subsystem are one device (capture sysfs-multipath)', async () => {
  const { clock, nodes, offer, target } = makeWorld();
  const [node] = nodes as [(typeof nodes)[0]];
  await offer('f4', '');
  await connect(clock, node, 'f4');
  await connect(clock, node, 'f4', { hostNqn: 'nqn.another' });
  expect(sysfs(node.directory)).toEqual([
    'nvme-subsys0 nqn.test:f4: nvme0 nvme0n1 nvme1',
    '  nvme0 live traddr=10.77.0.1,trsvcid=4420,src_addr=10.77.0.11',
    '  nvme1 live traddr=10.77.0.1,trsvcid=4420,src_addr=10.77.0.11',
    '/dev/nvme-fabrics',
    '/dev/nvme0',
    '/dev/nvme0n1',
    '/dev/nvme1',
    '',
    '/sys/block:',
    'nvme0c0n1',
    'nvme0c1n1',
    'nvme0n1',
  ]);
  expect(await target.sessions('f4')).toHaveLength(2);
});

test('without multipath the device hangs under the controller (captures …multipath_N)', async () => {
  const { clock, nodes, offer } = makeWorld({ nodes: [{ kernel: '6.12', multipath: false }] });
  const [node] = nodes as [(typeof nodes)[0]];
  await offer('f1', '');
  await connect(clock, node, 'f1');
  expect(sysfs(node.directory)).toEqual([
    'nvme-subsys0 nqn.test:f1: nvme0',
    '  nvme0 live traddr=10.77.0.1,trsvcid=4420,src_addr=10.77.0.11',
    '/dev/nvme-fabrics',
    '/dev/nvme0',
    '/dev/nvme0n1',
    '',
    '/sys/block:',
    'nvme0n1',
  ]);
  expect(existsSync(join(node.directory, 'sys/class/nvme/nvme0/nvme0n1/size'))).toBe(true);
});

test('a device torn away while mounted keeps its number; the next one is nvme0n2 behind nvme1 (g1)', async () => {
  const { clock, nodes, offer } = makeWorld();
  const [node] = nodes as [(typeof nodes)[0]];
  await offer('g1', '');
  const first = await connect(clock, node, 'g1');
  node.uses.add('nvme0n1', { kind: 'mount', directory: '/mnt/v', seen: 'own' });
  await node.host.delete(first.controller);
  expect(sysfs(node.directory)).toEqual([
    'nvme-subsys0 nqn.test:g1: ',
    '/dev/nvme-fabrics',
    '',
    '/sys/block:',
  ]);
  const mountinfo = (): string => readFileSync(join(node.directory, 'proc/self/mountinfo'), 'utf8');
  expect(mountinfo()).toContain(' 259:1 / /mnt/v rw,relatime - ext4 /dev/nvme0n1 rw\n');

  const second = await connect(clock, node, 'g1');
  expect(second.device.name).toBe('nvme0n2');
  expect(sysfs(node.directory)).toEqual([
    'nvme-subsys0 nqn.test:g1: nvme0n2 nvme1',
    '  nvme1 live traddr=10.77.0.1,trsvcid=4420,src_addr=10.77.0.11',
    '/dev/nvme-fabrics',
    '/dev/nvme0n2',
    '/dev/nvme1',
    '',
    '/sys/block:',
    'nvme0c1n2',
    'nvme0n2',
  ]);
  node.uses.add('nvme0n2', { kind: 'mount', directory: '/mnt/w', seen: 'own' });
  expect(mountinfo()).toContain(' 259:2 / /mnt/w rw,relatime - ext4 /dev/nvme0n2 rw\n');

  node.uses.remove(() => true);
  await node.host.delete(second.controller);
  expect(node.host.subsystems).toEqual([]);
  expect(sysfs(node.directory)).toEqual(['/dev/nvme-fabrics', '', '/sys/block:']);
  expect((await connect(clock, node, 'g1')).device.name).toBe('nvme0n1');
});

test('the lowest free numbers are taken', async () => {
  const { clock, nodes, offer } = makeWorld();
  const [node] = nodes as [(typeof nodes)[0]];
  for (const volume of ['a', 'b', 'c']) await offer(volume, '');
  const a = await connect(clock, node, 'a');
  await connect(clock, node, 'b');
  await node.host.delete(a.controller);
  const c = await connect(clock, node, 'c');
  expect([c.controller.name, c.device.name, c.device.minor]).toEqual(['nvme0', 'nvme0n1', 1]);
});

test('the block device appears a little after the connect', async () => {
  const { clock, nodes, offer } = makeWorld({ nodes: [{ deviceDelayMs: 40 }] });
  const [node] = nodes as [(typeof nodes)[0]];
  await offer('a', '');
  const connecting = connect(clock, node, 'a');
  await clock.advance(0);
  expect(sysfs(node.directory)).toContain('nvme-subsys0 nqn.test:a: nvme0');
  await clock.advance(41);
  await connecting;
  expect(sysfs(node.directory)).toContain('nvme-subsys0 nqn.test:a: nvme0 nvme0n1');
});
