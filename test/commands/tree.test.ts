import { describe, expect, test, vi } from 'vitest';
import { connectByHand } from './by-hand.ts';
import { openScene } from './scene.ts';

const SCREEN = { columns: 100, rows: 40 };

describe('tree', () => {
  test('draws storage server, volume, node, device and mount point', async () => {
    const scene = await openScene({ volumes: 3 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-2', 'node-2');
    const { uses } = scene.simulation.node('node-1').kernel;
    uses.add('nvme0n1', { kind: 'mount', directory: '/srv/data', seen: 'own' });
    const drawn = await scene.run('tree');
    expect(drawn).toMatchObject({ code: 0, stderr: '' });
    expect(drawn.stdout.replace(/RouterOS .+/, 'RouterOS 7')).toBe(
      [
        'rds1  10.77.0.1, RouterOS 7',
        '|-- vol-1  1 GiB  attached',
        '|   `-- node-1  live',
        '|       `-- /dev/nvme0n1',
        '|           `-- /srv/data',
        '|-- vol-2  1 GiB  attached',
        '|   `-- node-2  live',
        '|       `-- /dev/nvme0n1',
        '`-- vol-3  1 GiB  not attached',
        '',
      ].join('\n'),
    );
  });

  test('in box-drawing characters on a terminal that shows UTF-8, and with colours there', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const env = { LANG: 'de_DE.UTF-8' };
    const utf8 = await scene.start(['tree', '--no-color'], { screen: SCREEN, env }).ended;
    expect(utf8.stdout).toContain(
      '├── vol-1  1 GiB  attached\n│   └── node-1  live\n│       └── /dev/nvme0n1',
    );
    const coloured = await scene.start(['tree'], { screen: SCREEN, env }).ended;
    expect(coloured.stdout).toContain('\u001b[32mlive\u001b[39m');
    const posix = await scene.start(['tree'], { screen: SCREEN, env: { ...env, LC_ALL: 'C' } }).ended;
    expect(posix.stdout).toContain('|-- ');
    expect(posix.stdout).not.toContain('├');
  });

  test('as a document: volumes with their nodes, devices and uses; jsonl has one a line', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    scene.simulation.node('node-1').kernel.uses.add('nvme0n1', { kind: 'swap' });
    const document = (await scene.run('tree', '-o', 'json')).json();
    expect(document).toMatchObject({
      kind: 'VolumeList',
      storageServers: [{ rds: 'rds1', reachable: true }],
      unreachableNodes: [],
      items: [
        {
          volume: 'vol-1',
          seen: true,
          exported: true,
          phase: 'attached',
          differences: [],
          nodes: [{ node: 'node-1', reachable: true, devices: [{ path: '/dev/nvme0n1' }] }],
        },
        { volume: 'vol-2', exported: false, phase: null, nodes: [], differences: [] },
      ],
    });
    expect(JSON.stringify(document)).toContain('{"kind":"swap","what":"/dev/nvme0n1"}');
    const lines = (await scene.run('tree', '-o', 'jsonl')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['Volume', 'Volume']);
  });

  test('a connection made by hand is shown with what it is used by, and marked', async () => {
    const scene = await openScene({ byHand: ['rds1/vol-2'] });
    await scene.setDisk('vol-2', 'nvme-tcp-server-allow-host-name="" nvme-tcp-export=yes');
    await connectByHand(scene, 'node-2', 'vol-2');
    const { uses } = scene.simulation.node('node-2').kernel;
    await vi.waitUntil(() => uses.add('nvme0n1', { kind: 'mount', directory: '/mnt', seen: 'own' }));
    const drawn = await scene.run('tree');
    expect(drawn.stdout).toMatch(
      /vol-2 .* not attached\n.*differs: the storage server exports it \(to any host\)/,
    );
    expect(drawn.stdout).toContain('differs: node-2 holds a controller of it');
    expect(drawn.stdout).toMatch(/node-2 {2}live\n.*\/dev\/nvme0n1\n.*\/mnt\n/);
  });

  test('where the views differ it says how', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.setDisk('vol-1', 'nvme-tcp-export=no');
    const drawn = await scene.run('tree');
    expect(drawn.stdout).toContain('differs: the state says attached, the storage server does not export it');
    const items = (await scene.run('tree', '-o', 'json')).json()['items'] as { differences: string[] }[];
    expect(items[0]?.differences[0]).toContain('does not export it');
    await scene.console('/disk remove [find where slot="vol-1"]');
    expect((await scene.run('tree')).stdout).toContain('differs: rds1 has no such volume any more');
  });

  test('a node that can not be asked is shown as such, with the device that the state remembers', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.simulation.node('node-1').down();
    const drawn = await scene.run('tree');
    expect(drawn.code).toBe(0);
    expect(drawn.stdout).toMatch(/node-1 {2}not asked: node-1 .* can't be reached/);
    expect(drawn.stdout).toContain('/dev/nvme0n1 (as the state remembers it)');
    expect(drawn.stdout).toMatch(/^not asked: node-1 .*what it is connected to is not known$/m);
    expect((await scene.run('tree', '-o', 'json')).json()).toMatchObject({
      unreachableNodes: [{ node: 'node-1', reason: 'CONNECT_FAILED' }],
      items: [{ nodes: [{ node: 'node-1', reachable: false, remembered: '/dev/nvme0n1' }] }, {}],
    });
  });

  test('a storage server that can not be asked is shown as such, with what the state remembers of it', async () => {
    const scene = await openScene({ rds: 2, nodes: 1 });
    await scene.done('attach', 'rds2/vol-1', 'node-1');
    await scene.faults({ at: 'rds2', when: 'connect', do: 'refuse' });
    const drawn = await scene.run('tree');
    expect(drawn.code).toBe(0);
    expect(drawn.stdout).toMatch(
      /^rds2 {2}not asked: .*as the state remembers it\)\n`-- vol-1 {2}1 GiB {2}attached {2}\(not seen\)\n {4}`-- node-1 {2}live/m,
    );
    expect(drawn.stdout).toMatch(/^rds1 {2}10\.77\.0\.1, RouterOS/m);
  });

  test('filters by storage server, node and volume; an unknown name ends with 3', async () => {
    const scene = await openScene({ rds: 2 });
    await scene.done('attach', 'rds1/vol-2', 'node-2');
    const names = async (...args: string[]): Promise<string[]> =>
      (await scene.run('tree', '-o', 'name', ...args)).stdout.split('\n').slice(0, -1);
    expect(await names()).toEqual(['rds1/vol-1', 'rds1/vol-2', 'rds2/vol-1', 'rds2/vol-2']);
    expect(await names('--node', 'node-2')).toEqual(['vol-2']);
    expect(await names('--rds', 'rds2')).toEqual(['vol-1', 'vol-2']);
    expect(await names('--volume', 'rds1/*')).toEqual(['vol-1', 'vol-2']);
    expect((await scene.run('tree', '--node', 'node-9')).code).toBe(3);
    expect((await scene.run('tree', '--rds', 'rds9')).code).toBe(3);
  });

  test('waits for no lock', async () => {
    const scene = await openScene({ nodes: 1 });
    const held = scene.hold(/nvme-tcp-export=yes/);
    const first = scene.start(['attach', 'vol-1', 'node-1']);
    await held.reached;
    const drawn = await scene.run('tree');
    expect(drawn.stdout).toContain('vol-1  1 GiB  attaching');
    held.letGo();
    expect((await first.ended).code).toBe(0);
  });
});
