import { describe, expect, test } from 'vitest';
import type { Use } from '../../src/simulator/node/uses.ts';
import { openScene } from './scene.ts';

const USES: readonly (readonly [string, Use, RegExp])[] = [
  ['a mount', { kind: 'mount', directory: '/srv/data', seen: 'own' }, /mounted on \/srv\/data/],
  [
    'a mount with a blank in its path',
    { kind: 'mount', directory: '/srv/my data', seen: 'own' },
    /mounted on \/srv\/my data/,
  ],
  [
    'a mount that only a container sees',
    { kind: 'mount', directory: '/var/lib/data', seen: 'container' },
    /mounted on \/var\/lib\/data/,
  ],
  [
    'a mount that was unmounted lazily and is still held',
    { kind: 'mount', directory: '/srv/x', seen: 'lazy' },
    /in use by the kernel/,
  ],
  ['swap', { kind: 'swap' }, /used as swap \(\/dev\/nvme0n1\)/],
  ['LVM', { kind: 'holder', name: 'dm-3' }, /held by dm-3/],
  ['a loop device', { kind: 'loop', name: 'loop4' }, /behind \/dev\/loop4/],
  [
    'an open file',
    { kind: 'process', pid: 4711, command: 'qemu-system-x86' },
    /open in qemu-system-x86 \(pid 4711\)/,
  ],
];

describe.each(USES)('in use: %s', (_name, use, says) => {
  test('detach and move are refused with 7 and what holds it; nothing is changed', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    expect(scene.simulation.node('node-1').kernel.uses.add('nvme0n1', use)).toBe(true);
    const before = { events: scene.events().length, state: scene.stateBytes() };
    for (const command of [
      ['detach', 'vol-1'],
      ['move', 'vol-1', 'node-2'],
    ]) {
      const refused = await scene.run(...command);
      expect(refused.code, refused.stderr).toBe(7);
      expect(refused.stderr).toMatch(says);
      expect(refused.stderr).toContain('Nothing was changed');
    }
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
    const refused = await scene.run('detach', 'vol-1', '-o', 'json');
    expect(refused.error()).toMatchObject({
      code: 'IN_USE',
      reason: 'DEVICE_IN_USE',
      details: { node: 'node-1' },
    });
    scene.simulation.node('node-1').kernel.uses.remove(() => true);
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });
});

test('a use that begins between the look and the disconnect is seen in the last moment', async () => {
  const scene = await openScene({ nodes: 1 });
  await scene.done('attach', 'vol-1', 'node-1');
  const running = scene.start(['detach', 'vol-1', '-v']);
  await running.shows(/state: detaching vol-1/);
  scene.simulation.node('node-1').kernel.uses.add('nvme0n1', {
    kind: 'mount',
    directory: '/srv/late',
    seen: 'own',
  });
  const refused = await running.ended;
  expect(refused.code, refused.stderr).toBe(7);
  expect(refused.stderr).toContain('mounted on /srv/late');
  expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  // It stays usable: attach takes the begun detach back.
  expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'attached', intent: null });
});

test('the use of another volume is in nobody\u2019s way', async () => {
  const scene = await openScene({ nodes: 1 });
  await scene.done('attach', 'vol-1', 'node-1');
  await scene.done('attach', 'vol-2', 'node-1');
  scene.simulation.node('node-1').kernel.uses.add('nvme1n1', {
    kind: 'mount',
    directory: '/srv',
    seen: 'own',
  });
  expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  expect((await scene.run('detach', 'vol-2')).code).toBe(7);
});

test('fence does not ask: it cuts a mounted volume off, and unfence is refused while the mount is there', async () => {
  const scene = await openScene();
  await scene.done('attach', 'vol-1', 'node-1');
  const { kernel } = scene.simulation.node('node-1');
  kernel.uses.add('nvme0n1', { kind: 'mount', directory: '/srv', seen: 'own' });
  expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
  const refused = await scene.run('unfence', 'node-1');
  expect(refused.code, refused.stderr).toBe(7);
  expect(refused.stderr).toContain('node-1 stays fenced');
  kernel.uses.remove(() => true);
  expect((await scene.run('unfence', 'node-1')).code).toBe(0);
});

test('show tells what holds the device', async () => {
  const scene = await openScene({ nodes: 1 });
  await scene.done('attach', 'vol-1', 'node-1');
  scene.simulation.node('node-1').kernel.uses.add('nvme0n1', {
    kind: 'mount',
    directory: '/srv',
    seen: 'own',
  });
  const shown = await scene.run('show', 'vol-1');
  expect(shown.stdout).toContain('mounted on /srv');
});
